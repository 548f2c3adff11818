"""Files of a record: attachments, receipts, images, documents. What was sent comes back.

Seen by clients: a record has one image and one receipt, and many attachments.
"""

from __future__ import annotations

from urllib.parse import quote

from zohorm.sandbox.catalogue import Operation, Resource
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.reply import Reply, invalid, unknown_record
from zohorm.sandbox.store import Store, StoredFile

_KINDS = ("attachment", "receipt", "image", "document", "photo", "logo")
_ONLY_ONE = ("receipt", "image", "photo", "logo")


def kind_of(operation: Operation) -> str | None:
    """Return what kind of file an operation on a record is about: the last step that names one."""
    for step in reversed(operation.path.split("/")):
        for kind in _KINDS:
            if step in (kind, f"{kind}s"):
                return kind
    return None


def add(context: Context, row: Row, kind: str | None = None) -> None:
    """Store the files that came with a call, and show them in the record."""
    owner = str(row[context.resource.id])
    _check(context)
    for sent in context.files:
        what = kind or next((each for each in _KINDS if each in sent.member), "attachment")
        if what in _ONLY_ONE:
            _forget(context, owner, what)
        context.store.add_file(
            context.organization_id,
            owner,
            StoredFile(context.store.next_id(), what, sent.name, sent.content_type, sent.content),
        )
    if context.files:
        show(context.store, context.organization_id, owner, row)


def _check(context: Context) -> None:
    """Check that a call takes such files, where its documents say which.

    Raises:
        Refusal: one is of another kind, or too large, or there are too many; no source shows the
            code.
    """
    known = context.operation.files
    for sent in context.files:
        facts = known.get(sent.member.removesuffix("[]")) or {}
        kind = sent.name.rpartition(".")[2].lower()
        megabytes = facts.get("megabytes")
        is_large = megabytes is not None and len(sent.content) > megabytes * 1024 * 1024
        number = sum(each.member == sent.member for each in context.files)
        if (
            kind not in facts.get("kinds", (kind,))
            or is_large
            or number > facts.get("most", number)
        ):
            raise invalid(sent.member)


def attach(
    store: Store, resource: Resource, organization_id: str, owner: str, file: StoredFile
) -> None:
    """Store a file of a record without a call, and show it in the record.

    Raises:
        ValueError: there is no such record, or no such kind of files.
    """
    if file.kind not in _KINDS:
        raise ValueError(f"no file is of the kind {file.kind!r}; there are {', '.join(_KINDS)}")
    row = store.get(resource, organization_id, owner)
    if row is None:
        raise ValueError(f"{resource.name} {owner} is not stored")
    store.add_file(organization_id, owner, file)
    show(store, organization_id, owner, row)
    store.replace(resource, organization_id, row)


def remove(context: Context, row: Row, kind: str) -> None:
    """Forget the file that the path names by its id, else every one of a kind.

    Raises:
        Refusal: the record has no file of this id.
    """
    owner = str(row[context.resource.id])
    if _named(context) is None:
        _forget(context, owner, kind)
    else:
        context.store.delete_file(context.organization_id, _found(context, owner, kind).id)
    show(context.store, context.organization_id, owner, row)


def of_record(context: Context, owner: str) -> Reply:
    """Return the file of a record that the path names, else the last one of its kind.

    Raises:
        Refusal: there is none.
    """
    file = _found(context, owner, kind_of(context.operation) or "document")
    # Only ASCII may stand in a header as it is; RFC 6266 has a second form for the whole name.
    name = file.name.encode("ascii", "replace").decode().translate({ord(c): "_" for c in '"\\\r\n'})
    said = f'attachment; filename="{name}"'
    if name != file.name:
        said += f"; filename*=UTF-8''{quote(file.name, safe='')}"
    headers = {"Content-Disposition": said}
    return Reply(200, file.content, headers, _header_safe(file.content_type))


def listed(store: Store, organization_id: str, owner: str) -> list[Json]:
    """Return the files of a record as its answers show them."""
    return [
        {
            "document_id": file.id,
            "attachment_id": file.id,
            "file_name": file.name,
            "file_type": file.name.rpartition(".")[2].lower(),
            "document_type": file.content_type,
            "file_size": len(file.content),
            "file_size_formatted": f"{len(file.content) / 1024:.1f} KB",
        }
        for file in store.files(organization_id, owner)
    ]


def show(store: Store, organization_id: str, owner: str, row: Row) -> None:
    """Write into a record which files it has."""
    files = store.files(organization_id, owner)
    last = {file.kind: file for file in files}
    attachment, image, receipt = (last.get(kind) for kind in ("attachment", "image", "receipt"))
    shown: Row = {
        "has_attachment": attachment is not None,
        "attachment_name": attachment.name if attachment else "",
        "image_name": image.name if image else "",
        "image_type": image.name.rpartition(".")[2] if image else "",
        "image_document_id": image.id if image else "",
        "expense_receipt_name": receipt.name if receipt else "",
        "expense_receipt_type": receipt.name.rpartition(".")[2] if receipt else "",
        "documents": listed(store, organization_id, owner),
    }
    row.update({name: value for name, value in shown.items() if name in row})


def _named(context: Context) -> str | None:
    """Return the id of a file in the path."""
    names = ("document_id", "attachment_id", "file_id", "receipt_id", "image_id")
    params = {**context.params, **context.query}
    found = next((params[name] for name in names if name in params), None)
    return None if context.resource.id in names else found


def _found(context: Context, owner: str, kind: str) -> StoredFile:
    key = _named(context)
    files = context.store.files(context.organization_id, owner)
    fits = [file for file in files if (file.id == key if key is not None else file.kind == kind)]
    if not fits and key is None and context.resource.name.lower() == kind:
        # The record of a document is the file itself, whatever the form field was called.
        fits = files
    if not fits:
        raise unknown_record(kind.capitalize())
    return fits[-1]


def _forget(context: Context, owner: str, kind: str) -> None:
    for file in context.store.files(context.organization_id, owner):
        if file.kind == kind:
            context.store.delete_file(context.organization_id, file.id)


def _header_safe(content_type: str) -> str:
    is_plain = content_type.isascii() and content_type.isprintable()
    return content_type if is_plain else "application/octet-stream"
