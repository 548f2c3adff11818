"""Actions: POST /invoices/{id}/status/sent and the like, driven by what the facts say they set."""

from __future__ import annotations

from typing import cast

from zohorm.sandbox import exact
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row, write
from zohorm.sandbox.mails import Mail
from zohorm.sandbox.reply import Reply, invalid, success, unknown_record
from zohorm.sandbox.resources import custom_fields, history, papers, parents, reading
from zohorm.sandbox.resources.checks import label, required
from zohorm.sandbox.resources.creating import stamp

_MAIL_ENDS = ("/email", "/paymentreminder")
_MOST_MAILS = 10
_MOST_PAPERS = 25


def answer(context: Context) -> Reply:
    """Do what the action says and return what it documents."""
    _check_query(context)
    end = "/" + context.operation.path.rpartition("/")[2]
    if context.operation.on == "class":
        return _on_many(context, end)
    if context.operation.method == "GET":
        return _read(context, end)
    row = loaded(context)
    if end == "/customfields":
        row["custom_fields"] = custom_fields.merged(
            context, row.get("custom_fields"), _pairs(context)
        )
        custom_fields.show(row)
        return store(context, row, message="Custom Fields Updated Successfully")
    if isinstance(context.body, dict):
        required(context.operation.required, context.body)
    if end in _MAIL_ENDS:
        send(context, row)
    return act(context, row)


def act(context: Context, row: Row) -> Reply:
    """Set what the action sets, let the rules of the resource follow, and write it down."""
    sets = dict(context.operation.sets) or _implied(context.operation.path)
    row.update({name: value for name, value in sets.items() if name in row})
    context.rules.acted(context, row)
    status = row.get("status")
    said = f"Status changed to {status}." if "status" in sets else _sentence(context)
    history.note(context, row, said, operation_type=context.operation.name)
    return store(context, row, message=_sentence(context))


def send(context: Context, row: Row) -> None:
    """Record the mail that the service would send about a record."""
    body = context.body if isinstance(context.body, dict) else {}
    number = row.get(context.resource.number or "") or row[context.resource.id]
    mail = Mail(
        organization_id=context.organization_id,
        resource=context.resource.name,
        record_id=str(row[context.resource.id]),
        operation=context.operation.name,
        to=_texts(body.get("to_mail_ids")) or context.rules.recipients(context, row),
        cc=_texts(body.get("cc_mail_ids")),
        subject=str(body.get("subject") or f"{context.resource.label} {number}"),
        body=str(body.get("body") or ""),
    )
    context.outbox.add(mail)


def mark_mailed(context: Context, row: Row) -> None:
    """Store a record as mailed, which also makes a draft a sent one."""
    row["is_emailed"] = True
    row["status"] = "sent" if row.get("status") == "draft" else row.get("status")
    context.store.replace(context.resource, context.scope, row)


def _implied(path: str) -> Row:
    """Return what an action sets by its path alone, for actions whose facts do not say it."""
    *_, before, last = path.split("/")
    if before == "status":
        return {"status": last}
    known: dict[str, Row] = {
        "active": {"status": "active"},
        "inactive": {"status": "inactive"},
        "approve": {"status": "approved"},
        "submit": {"status": "pending_approval"},
        "enable": {"payment_reminder_enabled": True},
        "disable": {"payment_reminder_enabled": False},
    }
    return known.get(last, {})


def _on_many(context: Context, end: str) -> Reply:
    """Do an action that names its records in the query."""
    name = next((n for n in context.operation.query if n.endswith("_ids")), None)
    keys = [key.strip() for key in context.query.get(name or "", "").split(",") if key.strip()]
    rows = [context.store.get(context.resource, context.scope, key) for key in keys]
    if None in rows:
        raise unknown_record(context.resource.label)
    if end in ("/pdf", "/print"):
        if len(keys) > _MOST_PAPERS:
            raise invalid(name or "")
        return papers.paper("pdf", context.resource.label, ",".join(keys))
    if len(keys) > _MOST_MAILS and end in _MAIL_ENDS:
        raise invalid(name or "")
    for row in rows:
        if row is not None and end in _MAIL_ENDS:
            send(context, row)
            act(context, row)
    if context.operation.returns == "rows":
        return success(f'"{context.resource.list_key}":{write(rows)}')
    return success(message=_sentence(context), status=context.operation.status)


def _read(context: Context, end: str) -> Reply:
    """Answer an action that only reads: the draft of a mail, a printed form, other data."""
    row = loaded(context)
    if context.operation.returns == "bytes" or end in ("/pdf", "/print", "/attachment"):
        if end == "/attachment" and not row.get("has_attachment"):
            raise unknown_record("Attachment")
        return papers.paper("pdf", context.resource.label, str(row[context.resource.id]))
    number = row.get(context.resource.number or "") or row[context.resource.id]
    to = [{"email": each, "selected": True} for each in context.rules.recipients(context, row)]
    draft = {
        "subject": f"{context.resource.label} {number}",
        "body": f"<p>{context.resource.label} {number}</p>",
        "to_contacts": to,
        "file_name": f"{number}.pdf",
        "error_list": [],
    }
    return success(f'"data":{write(draft)}')


def loaded(context: Context) -> Row:
    """Return the record that the path names.

    Raises:
        Refusal: there is none.
    """
    return exact.load(reading.text_of(context, parents.record_id(context)))


def store(context: Context, row: Row, *, message: str) -> Reply:
    """Store a record that an action has changed, and answer as the action documents."""
    stamp(context, row)
    context.store.replace(context.resource, context.scope, row)
    text = ""
    if context.operation.returns == "record":
        text = f'"{context.resource.key}":{write(row)}'
    return success(text, message=message, status=context.operation.status)


def _check_query(context: Context) -> None:
    for name, facts in context.operation.query.items():
        if facts.get("required") and not context.query.get(name):
            raise invalid(label(name))


def _pairs(context: Context) -> Json:
    """Return the custom fields of a body: a bare list, one field, or an object with the list."""
    body = context.body
    if isinstance(body, dict) and "custom_fields" in body:
        return body["custom_fields"]
    return [cast(Json, body)] if isinstance(body, dict) else body


def _sentence(context: Context) -> str:
    words = context.operation.name.replace("_", " ")
    return f"The {context.resource.label.lower()} was handled: {words}."


def _texts(value: Json) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(str(each) for each in value) if isinstance(value, list) else ()
