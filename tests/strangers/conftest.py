"""Clients that nobody here wrote, on the sandbox, unchanged but for the host.

They are installed in an environment of their own (`tox -e strangers`); elsewhere there is nothing
to collect. A client is told the host by its settings, or by the data in which it keeps hosts; none
of its methods is replaced.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import pytest

_STRANGERS = ("pyzohoapi", "zohopy")

if any(importlib.util.find_spec(name) is None for name in _STRANGERS):
    collect_ignore_glob = ["test_*.py"]
else:
    from pyzohoapi import ZohoBooks, ZohoInventory
    from pyzohoapi.core import ZohoAPIBase
    from zohopy import DataCenter, SyncZohoClient, ZohoConfig, config

    from zohorm.sandbox import Sandbox

    def _pyzohoapi(sandbox: Sandbox, kind: type[ZohoAPIBase], root: str) -> ZohoAPIBase:
        given = sandbox.credentials
        made = kind(
            given["organization_id"],
            client_id=given["client_id"],
            client_secret=given["client_secret"],
            refresh_token=given["refresh_token"],
            max_retries=2,
            retry_backoff_seconds=0,
        )
        # Both addresses are made of a region when an object is made, and kept here.
        made._endpoint = f"{sandbox.url}{root}"
        made._oauth = f"{sandbox.url}/oauth/v2"
        return made

    @pytest.fixture
    def py_books(sandbox: Sandbox) -> ZohoAPIBase:
        """Books as pyzohoapi has it."""
        return _pyzohoapi(sandbox, ZohoBooks, "/books/v3")

    @pytest.fixture
    def py_inventory(sandbox: Sandbox) -> ZohoAPIBase:
        """Inventory as pyzohoapi has it."""
        return _pyzohoapi(sandbox, ZohoInventory, "/inventory/v1")

    @pytest.fixture
    def zohopy_config(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> ZohoConfig:
        """Settings of zohopy, whose tables of hosts name the sandbox for the time of a test."""
        monkeypatch.setitem(config._API_URLS, DataCenter.US, sandbox.url)
        monkeypatch.setitem(config._ACCOUNTS_URLS, DataCenter.US, sandbox.url)
        given = sandbox.credentials
        return ZohoConfig(
            _env_file=None,
            client_id=given["client_id"],
            client_secret=given["client_secret"],
            refresh_token=given["refresh_token"],
            organization_id=given["organization_id"],
            data_center=DataCenter.US,
            max_retries=1,
            retry_backoff=0,
        )

    @pytest.fixture
    def zohopy(zohopy_config: ZohoConfig) -> Iterator[SyncZohoClient]:
        """A client of zohopy."""
        with SyncZohoClient(zohopy_config) as made:
            yield made
