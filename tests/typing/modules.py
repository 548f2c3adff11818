"""Custom modules, as the type checkers see them; never run."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import assert_type

from zohorm import Query
from zohorm import fields as f
from zohorm.books import CustomModuleRecord, ZohoBooks


def _modules(books: ZohoBooks) -> None:
    asset = books.module("cm_asset")
    assert_type(asset, type[CustomModuleRecord])
    assert_type(asset.get("1"), CustomModuleRecord)
    assert_type(asset.iterate(), Query[CustomModuleRecord])
    assert_type(asset.create(record_name="Drill", cf_price=Decimal(5)), CustomModuleRecord)
    assert_type(asset.get("1").record_name, str)
    assert_type(asset.get("1").created_time, dt.datetime)
    assert_type(asset.get("1")["cf_price"], object)
    asset.extend(cf_price=f.money())

    books.module(7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
