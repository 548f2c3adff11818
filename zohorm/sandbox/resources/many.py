"""Actions on no single record: on those that the query names, or on the resource as a whole."""

from __future__ import annotations

from zohorm.sandbox import exact
from zohorm.sandbox.catalogue import Resource
from zohorm.sandbox.context import ORGANIZATION, Context
from zohorm.sandbox.exact import Json, Row, write
from zohorm.sandbox.mails import MAIL_ENDS
from zohorm.sandbox.reply import Reply, invalid, success, unknown_record
from zohorm.sandbox.resources import (
    acting,
    answers,
    checks,
    creating,
    deleting,
    listing,
    papers,
    parents,
    parts,
    reading,
    updating,
)

CREATED = 201
_MOST_MAILS = 10
_MOST_PAPERS = 25


def answer(context: Context) -> Reply:
    """Do what the action says and return what it documents."""
    checks.required_query(context.operation.query, context.query)
    parents.parent_id(context)
    name = _ids_name(context)
    rows = _named(context, name)
    if context.operation.method == "GET":
        return _read(context, name, rows)
    if isinstance(context.body, dict):
        checks.required(context.needed, context.body)
    if context.operation.method == "PUT" and (listed := _listed(context)):
        return _answered(context, [_changed(context, each) for each in listed])
    if not rows and (context.operation.returns == "record" or context.files):
        return _made(context)
    if len(rows) > _MOST_MAILS and context.operation.end in MAIL_ENDS:
        raise invalid(name)
    for row in rows:
        if context.operation.method == "DELETE":
            context.rules.removable(context, row)
            deleting.delete(context, str(row[context.resource.id]))
            context.rules.deleted(context, row)
            continue
        acting.act(context, row)
    return _answered(context, rows)


def _listed(context: Context) -> list[Row]:
    """Return the records that a body lists to be changed, each with its id."""
    listed, resource = context.body, context.resource
    if isinstance(listed, dict):
        known = context.operation.body.items()
        lists = [name for name, field in known if resource.id in field.members]
        listed = listed.get(lists[0]) if lists else None
    found = parts.rows_of(listed)
    if any(resource.id not in each for each in found):
        raise invalid(checks.label(resource.id))
    return found


def _changed(context: Context, sent: Row) -> Row:
    row = _row(context, str(sent[context.resource.id]))
    return updating.update(context, row, checks.accepted(context.resource, sent))


def _answered(context: Context, rows: list[Row]) -> Reply:
    returns, message = context.operation.returns, acting.sentence(context)
    if returns == "data" and context.operation.answer:
        return answers.data(context, {}, message=message)
    text = ""
    if returns == "rows":
        text = f'"{context.resource.list_key}":{write(rows)}'
    elif returns == "record" and rows:
        text = f'"{context.resource.key}":{write(rows[0])}'
    return success(text, message=message, status=context.operation.status)


def _read(context: Context, name: str, rows: list[Row]) -> Reply:
    returns = context.operation.returns
    if returns == "bytes":
        if len(rows) > _MOST_PAPERS:
            raise invalid(name)
        keys = ",".join(str(row[context.resource.id]) for row in rows)
        return papers.paper(papers.wanted(context) or "pdf", context.resource.label, keys)
    if returns == "rows":
        if name in context.query:
            return success(f'"{context.resource.list_key}":{write(rows)}')
        return listing.answer(context)
    if returns == "record":
        text = write(rows[0]) if rows else reading.single(context)
        return success(f'"{context.resource.key}":{text}')
    return answers.data(context, rows[0] if rows else {})


def _made(context: Context) -> Reply:
    """Create a record: of what the body says, or of the record that the query names."""
    body = context.body if isinstance(context.body, dict) else {}
    sent: Row = {}
    for member, key in context.query.items():
        source = _of_id(context, member)
        is_needed = context.operation.query.get(member, {}).get("required")
        record = context.get(source.name, key) if source is not None else None
        if record is not None:
            sent.update(_carried(context, record))
            context.rules.carried(context, record, sent)
        elif source is not None or (is_needed and member.endswith("_id")):
            raise unknown_record(source.label if source is not None else checks.label(member))
    if not (sent or body or context.files or context.operation.status == CREATED):
        # The one that is meant without being named, such as the timer that runs.
        return acting.act(context, exact.load(reading.single(context)))
    sent.update(checks.accepted(context.resource, body))
    row = creating.create(context, sent)
    creating.take_files(context, row)
    text = ""
    if context.operation.returns == "record":
        text = f'"{context.resource.key}":{write(row)}'
    return success(text, message=acting.sentence(context), status=context.operation.status)


def _carried(context: Context, record: Row) -> Row:
    """Return what a new record takes from the one that it is made of."""
    resource = context.resource
    own = (resource.id, resource.number, "status", "date", "custom_fields", "documents")
    found = parts.carried(resource, record)
    return {name: value for name, value in found.items() if name not in own}


def _of_id(context: Context, member: str) -> Resource | None:
    """Return the resource whose records have an id member of this name."""
    known = context.product.resources.values()
    others = (each for each in known if each.name not in (context.resource.name, ORGANIZATION))
    return next((each for each in others if each.id == member and each.parent is None), None)


def _ids_name(context: Context) -> str:
    """Return the member of query or body that names the records, `""` if none does."""
    own = context.resource.id
    known = (*context.operation.query, *context.operation.body)
    names = [own, f"{own}s", own.replace("_", ""), f"{own.replace('_', '')}s"]
    found = next((name for name in names if name in known), None)
    return found or next((name for name in known if name.endswith("_ids")), "")


def _ids(context: Context, name: str) -> list[str]:
    value: Json = context.query.get(name)
    if value is None and isinstance(context.body, dict):
        value = context.body.get(name)
    if isinstance(value, list):
        return [str(each) for each in value if isinstance(each, (str, int))]
    return [key.strip() for key in str(value or "").split(",") if key.strip()]


def _named(context: Context, name: str) -> list[Row]:
    """Return the records that a call names: by their ids, or by those of what they are about."""
    keys, member = _ids(context, name), name.removesuffix("s")
    if member == context.resource.id or member not in context.resource.fields or not keys:
        return [_row(context, key) for key in keys]
    about = _of_id(context, member)
    if about is not None and any(context.get(about.name, key) is None for key in keys):
        raise unknown_record(about.label)
    known = context.store.rows(context.resource, context.scope)
    return [row for row in known if str(row.get(member)) in keys]


def _row(context: Context, key: str) -> Row:
    row = context.store.get(context.resource, context.scope, key)
    if row is None:
        raise unknown_record(context.resource.label)
    return row
