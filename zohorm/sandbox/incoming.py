"""One HTTP request taken apart: where it goes, for which organization, with what body."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request

from zohorm.sandbox import exact, roots
from zohorm.sandbox.calls import SentFile
from zohorm.sandbox.exact import Json
from zohorm.sandbox.reply import not_acceptable, not_json
from zohorm.sandbox.roots import Root

CONTROL_ROOT = "/sandbox"
# What the service answers in, files included, and ranges that take it in.
_ANSWERED = frozenset(
    [
        *("*/*", "application/*", "application/json", "application/octet-stream"),
        *("application/pdf", "text/*", "text/json", "text/plain", "text/html", "text/javascript"),
        *("image/*", "image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"),
    ]
)
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@attrs.frozen
class Incoming:
    """What a request says. A body that is no JSON shows when it is asked for."""

    method: str
    url_path: str
    root: Root | None
    """Product and version that the path names; None if it names no product."""
    path: str
    """The path below the product root."""
    query: Mapping[str, str]
    form: Mapping[str, str]
    headers: Mapping[str, str]
    """Names as sent."""
    lower: Mapping[str, str]
    """Headers by their names in lower case."""
    raw: str | None
    """The text that should be JSON; None if it is not UTF-8."""
    files: tuple[SentFile, ...]

    @property
    def is_control(self) -> bool:
        """Whether it goes to the control interface, and is no call of the service's."""
        return (self.url_path + "/").startswith(CONTROL_ROOT + "/")

    def organization_id(self, *, undocumented: bool = True) -> str | None:
        """Return the organization that the call names, in its product's way or the other one."""
        if self.root is None:
            return None
        return roots.organization(
            self.root.product, self.lower, self.query, undocumented=undocumented
        )

    def header(self, name: str) -> str:
        """Return a header, `""` if it was not sent."""
        return self.lower.get(name.lower(), "")

    def body(self) -> Json:
        """Return what the body says; an empty body is an empty object.

        Raises:
            Refusal: it is not JSON.
        """
        if self.raw is None:
            raise not_json()
        if not self.raw.strip():
            return dict(self.form)  # Plain fields beside a file.
        try:
            return exact.read(self.raw)
        except exact.NotJson:
            raise not_json() from None

    def body_or_none(self) -> Json:
        """Return what the body says, for the list of calls: None for an empty or broken one."""
        try:
            return exact.read(self.raw) if self.raw else dict(self.form) or None
        except exact.NotJson:
            return dict(self.form) or None


def acceptable(arrived: Incoming) -> None:
    """Check that a client takes anything that the service answers. Source: Books v3, errors.

    Raises:
        Refusal: it does not.
    """
    ranges = [
        each.partition(";")[0].strip().lower() for each in arrived.header("Accept").split(",")
    ]
    wanted = [each for each in ranges if "/" in each]
    if wanted and not any(each in _ANSWERED or each.endswith("+json") for each in wanted):
        raise not_acceptable()


def incoming(request: Request) -> Incoming:
    """Take a request apart."""
    url_path = request.path
    form, files = _form(request)
    query = {name: _storable(value) for name, value in request.args.items()}
    if "JSONString" in form:
        # Beside the JSON, a form has what else would stand in the address. Older clients do so.
        query = {**{name: form[name] for name in form if name != "JSONString"}, **query}
    headers = dict(request.headers.items())
    lower = {name.lower(): value for name, value in headers.items()}
    root = roots.find(url_path, lower, query)
    return Incoming(
        method=request.method,
        url_path=url_path,
        root=root,
        path=url_path.removeprefix(root.text) if root is not None else url_path,
        query=query,
        form=form,
        headers=headers,
        lower=lower,
        raw=_json_text(request, form, has_files=bool(files)),
        files=files,
    )


def _form(request: Request) -> tuple[dict[str, str], tuple[SentFile, ...]]:
    if request.mimetype not in _FORMS:
        return {}, ()
    # The body is read first, for clients that send JSON text and call it a form.
    request.get_data(cache=True, parse_form_data=False)
    try:
        pairs = {name: _storable(value) for name, value in request.form.items()}
        files = tuple(
            SentFile(
                member=_storable(name),
                name=_storable(each.filename or name),
                content_type=_storable(each.mimetype or "application/octet-stream"),
                content=each.read(),
            )
            for name, each in request.files.items(multi=True)
        )
    except (HTTPException, ValueError):
        # A multipart body that is none.
        return {}, ()
    return pairs, files


def _json_text(request: Request, form: Mapping[str, str], *, has_files: bool) -> str | None:
    """Return the text that should be JSON, of the three ways to send it.

    A JSON body, the form field `JSONString` (Invoice v3, introduction), or JSON text called a form
    (seen by clients).
    """
    if "JSONString" in form:
        return form["JSONString"]
    if "JSONString" in request.args:
        return _storable(request.args["JSONString"])
    if has_files or (request.mimetype == "multipart/form-data" and form):
        return ""
    try:
        return request.get_data(cache=True).decode()
    except UnicodeDecodeError:
        return None


def _storable(text: str) -> str:
    """Return text without what UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode()
