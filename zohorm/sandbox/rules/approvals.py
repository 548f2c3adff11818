"""Documents that await approval, or did not get it: nobody mails them or makes others of them.

Which status follows on which is in `moves.py`. One approval is enough, as in an organization with
simple approvals; no document names the members of others.
"""

from __future__ import annotations

from collections.abc import Mapping

from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.mails import MAIL_ENDS
from zohorm.sandbox.rules.refusals import refusal
from zohorm.sandbox.rules.stating import source

UNDECIDED = ("pending_approval", "rejected")
"""The statuses of a document that was submitted and is not approved."""

# What names the document that a new one is made of.
_MADE_OF: Mapping[str, str] = {"estimate_id": "Estimate", "invoiced_estimate_id": "Estimate"}


def check_mailed(context: Context, row: Row) -> None:
    """Check that a document may be mailed, if an action mails it.

    Raises:
        Refusal: it awaits approval, or was rejected.
    """
    if context.operation.end in MAIL_ENDS:
        check(row, context.resource.label.lower())


def check_named(context: Context, sent: Row) -> None:
    """Check that a new document may be made of the one that it names.

    Raises:
        Refusal: that one awaits approval, or was rejected.
    """
    for member, name in _MADE_OF.items():
        named = context.get(name, sent.get(member))
        if named is not None:
            check(named, context.product.resources[name].label.lower())


def check(row: Row, label: str) -> None:
    """Check that a document does not wait for an approval.

    Raises:
        Refusal: it does, or was rejected.
    """
    if row.get("status") in UNDECIDED:
        _approved_first(label)


@source("Books help, transaction approval workflow; Inventory help, transaction approval process")
def _approved_first(label: str) -> None:
    """What was submitted for approval is approved before it is mailed, or others are made of it."""
    raise refusal(f"The {label} is not approved.")
