"""Runs tests again, once under each other setting of each switch that the first run depended on.

    pytest tests/sandbox --switches

A test that never met a switch cannot come out otherwise under it, so it is not run again for that
one: `Sandbox.switches_asked` tells. Where a setting makes a difference, the test says which,

    @pytest.mark.switched(sent_number="refuse", raises=InvalidRequest, because="...")

and must then fail so, or it looks at `sandbox.switches` and expects what follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol  # How every plugin that repeats tests does it.

from zohorm.sandbox import Sandbox
from zohorm.sandbox.switches import choices

_ASKED = pytest.StashKey[frozenset[str]]()
_SETTINGS = pytest.StashKey[dict[str, object]]()
_SAID = {"raises", "match", "because"}
# What every test meets as soon as it has a token is set in one run, to save a thousand others.
_TOGETHER = {"quota_headers": "always", "expires_in": "milliseconds", "refresh_api_domain": False}
# What takes long, a loop over hundreds of records or processes, is not tried again with what every
# test meets.
_LONG = (
    "test_changing_loops.py",
    "test_file_fleet.py",
    "test_login.py",
    "test_parity.py",
    "test_queries.py",
    "test_redis_fleet.py",
)
_EVERYWHERE = frozenset(_TOGETHER)
# Where so many tests differ that each need not say it: the call that tells, and why.
_REFUSED = {
    ("put_requires", "documented"): ("PUT", "a save sends what changed, and no more"),
}


def note(item: pytest.Item, sandbox: Sandbox) -> None:
    """Remember on which switches a test depended."""
    item.stash[_ASKED] = sandbox.switches_asked


def is_swept(item: pytest.Item) -> bool:
    """Tell whether a test is run again: those of the core are, not those of the sandbox itself."""
    names = getattr(item, "fixturenames", ())
    return "sandbox" in names and item.path.parent == Path(__file__).parent


def run(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Run a test as it is, then under each other setting that may make a difference."""
    if not _passed(item, nextitem):
        return
    for settings in _others(item):
        mark = pytest.mark.zoho_sandbox(**settings).mark
        item.own_markers.append(mark)
        item.stash[_SETTINGS] = settings
        try:
            _passed(item, nextitem)
        finally:
            item.own_markers.remove(mark)
            del item.stash[_SETTINGS]


def judge(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Turn the outcome of a test around where it must be another one under the settings at hand."""
    marker = _expected(item)
    if marker is None or report.when != "call":
        if report.failed and _is_refused(item):
            report.outcome, report.longrepr = "passed", None
        _name_settings(item, report)
        return
    error = call.excinfo.value if call.excinfo is not None else None
    wanted, words = marker.kwargs["raises"], marker.kwargs.get("match", "")
    if isinstance(error, wanted) and re.search(words, str(error)):
        report.outcome, report.longrepr = "passed", None
    else:
        report.outcome = "failed"
        said = f"should have raised {wanted} {words!r}: {marker.kwargs['because']}"
        report.longrepr = f"{said}; it raised {error!r}\n{report.longreprtext}"


def _is_refused(item: pytest.Item) -> bool:
    """Tell whether the sandbox refused a call of the kind that it must refuse under a setting.

    Of a call whose answer a fault swallowed, it is not known.
    """
    for setting in item.stash.get(_SETTINGS, {}).items():
        method, _ = _REFUSED.get(setting, ("", ""))  # type: ignore[arg-type, call-overload]
        calls = getattr(item, "funcargs", {})["sandbox"].calls
        if any(each.method == method and each.status in (400, None) for each in calls):
            return True
    return False


def _name_settings(item: pytest.Item, report: pytest.TestReport) -> None:
    """Say under which settings a test failed, for its name is the same under all."""
    crash = getattr(report.longrepr, "reprcrash", None)
    for name, value in item.stash.get(_SETTINGS, {}).items():
        report.sections.append(("Captured setting", f"{name}={value!r}"))
        if crash is not None:
            crash.message = f"<{name}={value}> {crash.message}"


def _passed(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    return all(report.passed for report in reports)


def _others(item: pytest.Item) -> Iterator[dict[str, object]]:
    """Yield the settings to run a test under; what the test itself sets stays."""
    own = {name for mark in item.iter_markers("zoho_sandbox") for name in mark.kwargs}
    met = item.stash.get(_ASKED, frozenset()) - own
    if item.path.name in _LONG:
        met -= _EVERYWHERE
    special = {name for mark in item.iter_markers("switched") for name in mark.kwargs}
    together = {name: each for name, each in _TOGETHER.items() if name in met - special}
    if together:
        yield together
    for name, (_, *others) in choices().items():
        for value in others if name in met else ():
            if (name, value) not in together.items():
                yield {name: value}


def _expected(item: pytest.Item) -> pytest.Mark | None:
    """Return what a test says of the settings that it runs under."""
    settings = item.stash.get(_SETTINGS, None)
    if settings is None:
        return None
    for marker in item.iter_markers("switched"):
        meant = {name: value for name, value in marker.kwargs.items() if name not in _SAID}
        if meant == settings:
            return marker
    return None
