"""The attachment of a document: its name is kept, its content is not."""

from __future__ import annotations

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.reply import Reply, invalid
from zohorm.sandbox.resources import acting


def add(context: Context) -> Reply:
    """Note the file that came with the call."""
    row = acting.loaded(context)
    if not context.files:
        raise invalid("attachment")
    row["has_attachment"], row["attachment_name"] = True, context.files[0]
    _prefer(context, row)
    return acting.store(context, row, message="Your file has been successfully attached.")


def prefer(context: Context) -> Reply:
    """Note whether mails shall carry the file."""
    row = acting.loaded(context)
    _prefer(context, row)
    return acting.store(context, row, message="The attachment preference has been updated.")


def remove(context: Context) -> Reply:
    """Forget the file."""
    row = acting.loaded(context)
    row["has_attachment"], row["attachment_name"] = False, ""
    return acting.store(context, row, message="Your file is no longer attached.")


def _prefer(context: Context, row: Row) -> None:
    if "can_send_in_mail" in context.query:
        row["can_send_in_mail"] = context.flag("can_send_in_mail")
