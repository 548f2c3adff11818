"""Answers: what the application gives back to the server, and refusals with the service's codes.

A `Refusal` is raised anywhere below the application and becomes `{"code": ..., "message": ...}`.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from zohorm.sandbox import exact

JSON_TYPE = "application/json;charset=UTF-8"


@attrs.frozen
class Reply:
    """One answer, complete but for the headers that every answer has."""

    status: int
    content: bytes
    headers: Mapping[str, str] = attrs.Factory(dict)
    content_type: str = JSON_TYPE


class Refusal(Exception):
    """An answer other than success, as the service words it."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def envelope(body: object, *, status: int = 200) -> Reply:
    """Return a JSON answer of any content."""
    return Reply(status, exact.write(body).encode())


def success(text: str = "", *, message: str = "success", status: int = 200) -> Reply:
    """Return a successful answer; `text` is more of the object, as JSON without its braces."""
    head = f'{{"code":0,"message":{exact.write(message)}'
    return Reply(status, f"{head}{',' if text else ''}{text}}}".encode())


def refused(refusal: Refusal, *, headers: Mapping[str, str] | None = None) -> Reply:
    """Return the answer that a refusal stands for."""
    content = exact.write({"code": refusal.code, "message": refusal.message}).encode()
    return Reply(refusal.status, content, headers or {})


def page_of_html(status: int, title: str) -> Reply:
    """Return what a gateway in front of the service answers when the service does not."""
    text = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Reply(status, text.encode(), content_type="text/html;charset=UTF-8")


def invalid(name: str) -> Refusal:
    """Refuse a value of the right shape that is not allowed. Code 2 is seen by clients."""
    return Refusal(400, 2, f"Invalid value passed for {name}")


def wrong_shape(name: str) -> Refusal:
    """Refuse a single value where a list or an object is due. Code 4 is seen by clients."""
    return Refusal(400, 4, f"Invalid value passed for {name}")


def too_long(name: str, limit: int) -> Refusal:
    """Refuse a text that is too long, or a list or object where text is due: clients see
    code 15 for both.
    """
    message = f'Please ensure that the "{name}" has less than {limit} characters.'
    return Refusal(400, 15, message)


def not_json() -> Refusal:
    """Refuse a body that is not JSON. Code 1038 is seen by clients."""
    return Refusal(400, 1038, "JSON is not well formed")


def unknown_url() -> Refusal:
    """Refuse a path that no operation has. Code 5 is seen by clients."""
    return Refusal(404, 5, "Invalid URL Passed")


def not_acceptable() -> Refusal:
    """Refuse to answer in a type that the service does not know; no source shows the code."""
    return Refusal(406, 4, "Invalid value passed for Accept")


def unknown_record(label: str, *, status: int = 404) -> Refusal:
    """Refuse an id that the organization does not know. Source: Invoice v3, errors, code 1002."""
    return Refusal(status, 1002, f"{label} does not exist.")


def not_authorized(status: int = 401) -> Refusal:
    """Refuse a dead token, or one without the scope: the same body, as seen by clients."""
    return Refusal(status, 57, "You are not authorized to perform this operation")


def outdated_token() -> Refusal:
    """Refuse the kind of token that came before OAuth. Code 14 is seen by clients."""
    return Refusal(401, 14, "Invalid value passed for authtoken")
