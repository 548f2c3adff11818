"""Actions: POST /invoices/{id}/status/sent and the like, driven by what the facts say they set."""

from __future__ import annotations

from typing import cast

import attrs

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Json, Row, write
from zohorm.sandbox.mails import MAIL_ENDS, Mail
from zohorm.sandbox.reply import Reply, invalid, success
from zohorm.sandbox.resources import answers, custom_fields, files, history, papers, parts, reading
from zohorm.sandbox.resources.checks import accepted, members, required, required_query
from zohorm.sandbox.resources.creating import create, stamp
from zohorm.sandbox.rows import drop_undocumented

# What the last step of a path makes of a record.
_STATUS_OF = {
    "active": "active",
    "inactive": "inactive",
    "approve": "approved",
    "final-approve": "approved",
    "reject": "rejected",
    "submit": "pending_approval",
    "cancel": "cancelled",
    "close": "closed",
    "reopen": "open",
    "void": "void",
    "pause": "paused",
    "resume": "active",
    "reactivate": "live",
}


def answer(context: Context) -> Reply:
    """Do what the action says and return what it documents."""
    required_query(context.operation.query, context.query)
    if context.operation.method == "GET":
        return _read(context)
    row = reading.loaded(context)
    if isinstance(context.body, dict):
        required(context.needed, context.body)
    kind = files.kind_of(context.operation)
    if kind is not None:
        return _file(context, row, kind)
    if context.operation.end == "customfields":
        row["custom_fields"] = custom_fields.merged(
            context, row.get("custom_fields"), _pairs(context)
        )
        custom_fields.show(row)
        return store(context, row, message="Custom Fields Updated Successfully")
    if "/address/" in context.operation.path and context.operation.end in ("billing", "shipping"):
        return _set_address(context, row)
    if context.operation.makes is not None or context.operation.end == "clone":
        return _make(context, row)
    return act(context, row)


def act(context: Context, row: Row) -> Reply:
    """Set what the action sets, let the rules of the resource follow, and write it down."""
    sets = dict(context.operation.sets) or _implied(context)
    sets = {**_sent(context, row), **sets}
    context.rules.allowed(context, row, sets)
    if context.operation.end in MAIL_ENDS:
        send(context, row)
    row.update({name: value for name, value in sets.items() if name in row})
    known = frozenset(row)
    context.rules.acted(context, row)
    drop_undocumented(context.resource, row, known)
    status = row.get("status")
    said = f"Status changed to {status}." if "status" in sets else sentence(context)
    history.note(context, row, said, operation_type=context.operation.name)
    return store(context, row, message=sentence(context))


def _make(context: Context, row: Row) -> Reply:
    """Make the record that an action is for, of what it says and what both records have."""
    made = context.product.resources[context.operation.makes or context.resource.name]
    there = attrs.evolve(context, resource=made)
    said = context.body if isinstance(context.body, dict) else {}
    new = create(there, accepted(made, {**parts.carried(made, row), **said}))
    stamp(context, row)
    context.store.replace(context.resource, context.scope, row)
    text = f'"{made.key}":{write(new)}'
    return success(text, message=sentence(context), status=context.operation.status)


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


def _implied(context: Context) -> Row:
    """Return what an action sets by its path alone, for actions whose facts do not say it."""
    *_, before, last = context.operation.path.split("/")
    if context.operation.method == "DELETE":
        return {}
    if before == "status":
        return {"status": last}
    known: dict[str, Row] = {
        "enable": {"payment_reminder_enabled": True},
        "disable": {"payment_reminder_enabled": False},
    }
    status = _STATUS_OF.get(last) or (last[6:] if last.startswith("markas") else "")
    if context.flag("cancel_at_end"):
        status = "non_renewing"  # It goes on to the end of the paid term.
    field = context.resource.fields.get("status")
    if field is not None and field.choices and status not in field.choices:
        return known.get(last, {})
    return {"status": status} if status else known.get(last, {})


def _sent(context: Context, row: Row) -> Row:
    """Return the single values of a body that the record has a member for."""
    if not isinstance(context.body, dict) or context.operation.end in MAIL_ENDS:
        return {}
    sent = members(context.resource, context.operation.body, context.body)
    own = (context.resource.id, context.resource.number)
    return {
        name: value
        for name, value in sent.items()
        if name in row and name not in own and not isinstance(value, (list, dict))
    }


def _set_address(context: Context, row: Row) -> Reply:
    name = f"{context.operation.end}_address"
    old = row.get(name)
    base = old if isinstance(old, dict) and context.switches.address_put == "merge" else {}
    field = context.resource.fields.get(name)
    shape = context.resource.embedded.get(field.of or "") if field is not None else None
    blank = dict.fromkeys(shape.fields if shape is not None else (), "")
    sent = members(context.resource, context.operation.body, context.body_object())
    row[name] = {**{member: base.get(member, "") for member in blank}, **sent}
    return store(context, row, message="Address updated.")


def _file(context: Context, row: Row, kind: str) -> Reply:
    """Take a file in, drop it, or change whether mails carry it."""
    if context.operation.method == "DELETE":
        files.remove(context, row, kind)
        return store(context, row, message=f"Your {kind} is no longer attached.")
    if "can_send_in_mail" in context.query and "can_send_in_mail" in row:
        row["can_send_in_mail"] = context.flag("can_send_in_mail")
    if context.files:
        files.add(context, row, kind)
    elif context.operation.method == "POST" and not context.body and not _is_linking(context):
        raise invalid(kind)
    return store(context, row, message=f"Your {kind} has been successfully attached.")


def _is_linking(context: Context) -> bool:
    """Tell whether a call names documents that are there already instead of sending one."""
    return any("document" in name for name in context.query)


def _read(context: Context) -> Reply:
    """Answer an action that only reads: the draft of a mail, a printed form, a file, other data."""
    row = reading.loaded(context)
    key = str(row[context.resource.id])
    if context.operation.returns == "bytes":
        if files.kind_of(context.operation) is not None:
            return files.of_record(context, key)
        return papers.paper(papers.wanted(context) or "pdf", context.resource.label, key)
    if context.operation.returns == "record":
        return success(f'"{context.resource.key}":{write(row)}')
    if context.operation.returns == "rows":
        return success(f'"{context.resource.list_key}":{write([row])}')
    if not context.operation.answer and context.operation.end == "scheduledchanges":
        return success(f'"{context.resource.key}":{write(row)}')
    draft = _draft(context, row)
    listed = files.listed(context.store, context.organization_id, key)
    known: Row = {**row, **draft, "data": draft, "documents": listed}
    return answers.data(context, known if context.operation.answer else draft)


def _draft(context: Context, row: Row) -> Row:
    """Return the mail that the service would propose."""
    number = row.get(context.resource.number or "") or row[context.resource.id]
    to: list[Json] = [
        {"email": each, "selected": True} for each in context.rules.recipients(context, row)
    ]
    return {
        "subject": f"{context.resource.label} {number}",
        "body": f"<p>{context.resource.label} {number}</p>",
        "to_contacts": to,
        "file_name": f"{number}.pdf",
        "error_list": [],
    }


def store(context: Context, row: Row, *, message: str) -> Reply:
    """Store a record that an action has changed, and answer as the action documents."""
    stamp(context, row)
    context.store.replace(context.resource, context.scope, row)
    if context.operation.returns == "data" and context.operation.answer:
        key = str(row[context.resource.id])
        listed = files.listed(context.store, context.organization_id, key)
        return answers.data(context, {**row, "documents": listed}, message=message)
    text = ""
    if context.operation.returns == "record":
        text = f'"{context.resource.key}":{write(row)}'
    elif context.operation.returns == "rows":
        text = f'"{context.resource.list_key}":{write([row])}'
    return success(text, message=message, status=context.operation.status)


def _pairs(context: Context) -> Json:
    """Return the custom fields of a body: a bare list, one field, or an object with the list."""
    body = context.body
    if isinstance(body, dict) and "custom_fields" in body:
        return body["custom_fields"]
    return [cast(Json, body)] if isinstance(body, dict) else body


def sentence(context: Context) -> str:
    """Return what the answer of an action says."""
    words = context.operation.name.replace("_", " ")
    return f"The {context.resource.label.lower()} was handled: {words}."


def _texts(value: Json) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(str(each) for each in value) if isinstance(value, list) else ()
