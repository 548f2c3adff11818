"""What a class does not offer, the checkers do not know: read by them, never run.

At run time every class has every method, and those that the service lacks raise Unsupported.
"""

from __future__ import annotations

from typing import assert_type

from zohorm import Query, SaveResult
from zohorm.books import InvoiceTemplate, OpeningBalances, Organization, TaxGroup
from zohorm.expense import TaxGroup as ExpenseTaxGroup
from zohorm.inventory import Account, Unit
from zohorm.subscriptions import ChurnMessageSettings


def _listed_alone(template: InvoiceTemplate) -> None:
    assert_type(InvoiceTemplate.iterate(), Query[InvoiceTemplate])

    InvoiceTemplate.get("1")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    template.save()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    template.delete()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def _asked_for_alone(group: ExpenseTaxGroup) -> None:
    assert_type(ExpenseTaxGroup.get("1"), ExpenseTaxGroup)

    ExpenseTaxGroup.iterate()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    group.save()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    group.delete()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def _there_once(balances: OpeningBalances, settings: ChurnMessageSettings) -> None:
    assert_type(OpeningBalances.current(), OpeningBalances)
    assert_type(ChurnMessageSettings.current(), ChurnMessageSettings)
    assert_type(balances.save(), SaveResult)
    balances.delete()

    OpeningBalances.get("1")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    OpeningBalances.iterate()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    settings.save()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    settings.delete()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def _read_and_never_written(account: Account) -> None:
    assert_type(Account.get("1"), Account)
    assert_type(Account.iterate(), Query[Account])

    account.save()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    account.delete()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def _all_but_one(organization: Organization, group: TaxGroup, unit: Unit) -> None:
    assert_type(organization.save(), SaveResult)
    organization.delete()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]

    assert_type(TaxGroup.get("1"), TaxGroup)
    TaxGroup.iterate()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    group.delete()

    assert_type(Unit.iterate(), Query[Unit])
    Unit.get("1")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    unit.delete()


def _upserted(unit: Unit) -> None:
    Unit.upsert("cf_key", "1")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    unit.upsert("cf_key", "1")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
