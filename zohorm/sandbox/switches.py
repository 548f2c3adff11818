"""The points on which sources about the service disagree: one named switch each, with its default.

`Sandbox(bearer_accepted=False)` sets one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args, get_type_hints
from typing import Literal as L  # noqa: N817 (a table of choices reads better with a short name)

import attrs


@attrs.frozen(kw_only=True)
class Switches:
    """How the sandbox behaves where the service's own behaviour is not certain."""

    bearer_accepted: bool = True
    """Whether `Authorization: Bearer ...` is as good as `Zoho-oauthtoken ...`."""

    oauth_error_status: L[200, 400] = 200
    """Status of a refused grant."""

    refresh_throttle_status: L[400, 200] = 400
    """Status of too many refreshes in ten minutes."""

    expires_in: L["seconds", "milliseconds"] = "seconds"
    """Unit of `expires_in` in a token answer; milliseconds is the historic form."""

    refresh_api_domain: bool = True
    """Whether a refresh answers `api_domain` again."""

    live_tokens: L[15, 30] = 15
    """Access tokens of one refresh token that live at once; the oldest dies silently."""

    device_interval: L[5000, 30000] = 5000
    """Milliseconds that must lie between two polls of a device; a sooner one is told to slow down.
    Documents say 30 seconds, and clients see 5 in the answer."""

    scope_status: L[401, 400, 403] = 401
    """Status for a live token that lacks the scope."""

    missing_organization: L["refuse-4029", "refuse-2", "default-organization"] = "refuse-4029"
    """A call without organization: status 400 with code 4029 or 2, or the default one."""

    organization_header: bool = True
    """Whether a product takes the organization also where its reference does not say so: Books from
    its header, Billing from the query."""

    retry_after: bool = False
    """Whether answers with status 429 carry `Retry-After`."""

    quota_headers: L["success", "always", "never"] = "success"
    """Which answers carry the three X-Rate-Limit headers."""

    quota_pools: L["shared", "per-product"] = "shared"
    """Whether the calls of all products count together, or each product's against limits of its
    own."""

    per_page_above_200: L["cap", "refuse"] = "cap"
    """`per_page` above 200: treated as 200, or code 2."""

    page_past_end: L["empty", "refuse"] = "empty"
    """A page after the last: an empty list, or code 2."""

    unknown_filter: L["ignore", "refuse"] = "ignore"
    """A parameter that the operation does not document: no effect, or code 2."""

    filter_by_case: L["ignore-case", "match-case"] = "ignore-case"
    """Whether `filter_by=Status.Overdue` is `Status.OverDue`."""

    exact_text: L["ignore-case", "match-case"] = "ignore-case"
    """Whether a filter for a whole text minds capital letters."""

    before_after: L["exclusive", "inclusive"] = "exclusive"
    """Whether `_before` and `_after` take the day itself in."""

    start_end: L["inclusive", "exclusive"] = "inclusive"
    """Whether `_start` and `_end` take the day or amount itself in."""

    last_modified: L["inclusive", "exclusive"] = "inclusive"
    """Whether `last_modified_time` takes the very second in."""

    missing_reference: L[400, 404] = 400
    """Status when a body names a record that does not exist."""

    wrong_method_code: L[37, 5] = 37
    """Code under status 405."""

    sent_number: L["replace", "refuse", "accept"] = "replace"
    """A number sent without `ignore_auto_number_generation`: series, code 2, or kept."""

    put_requires: L["none", "documented"] = "none"
    """Whether an update must repeat what a create must have."""

    omitted_lines: L["keep", "clear"] = "keep"
    """What an update without `line_items` does to the lines."""

    line_keys: L["keep", "reset"] = "keep"
    """Members that an updated line does not repeat: kept, or back to their default."""

    address_put: L["replace", "merge"] = "replace"
    """An address in an update: a new address, or only the sent members change."""

    custom_fields_put: L["merge", "replace"] = "merge"
    """Custom fields that an update does not list: kept, or emptied."""

    tax_rounding: L["entity_level", "item_level"] = "entity_level"
    """Whether a tax is rounded once for a document or on each line: a setting of organizations."""


_NAMES = frozenset(each.name for each in attrs.fields(Switches))


class WatchedSwitches(Switches):
    """Switches that remember which of them calls have asked for."""

    _asked: set[str]

    def __getattribute__(self, name: str) -> Any:
        if name in _NAMES:
            asked: set[str] = object.__getattribute__(self, "_asked")
            asked.add(name)
        return object.__getattribute__(self, name)

    @property
    def asked(self) -> frozenset[str]:
        """The names of the switches asked for so far."""
        return frozenset(self._asked)

    @property
    def settings(self) -> Switches:
        """The same settings, which may be looked at without being noted."""
        return Switches(**{name: object.__getattribute__(self, name) for name in _NAMES})


def choices() -> dict[str, tuple[object, ...]]:
    """Return the settings of each switch, its default first."""
    hints = get_type_hints(Switches)
    return {
        each.name: get_args(hints[each.name]) or (True, False) for each in attrs.fields(Switches)
    }


def switches(chosen: Mapping[str, Any]) -> WatchedSwitches:
    """Return the switches with these settings.

    Raises:
        TypeError: no switch has this name; the text names those there are.
        ValueError: the switch has no such choice; the text names those it has.
    """
    known = choices()
    for name, value in chosen.items():
        if name not in known:
            raise TypeError(
                f"the sandbox has no switch {name!r}; it has {', '.join(sorted(known))}"
            )
        if not any(
            value is choice or (value == choice and type(value) is type(choice))
            for choice in known[name]
        ):
            names = ", ".join(repr(choice) for choice in known[name])
            raise ValueError(f"switch {name} is {value!r}; it can be {names}")
    made = WatchedSwitches(**chosen)
    # The settings are frozen; what is noted of them is not.
    object.__setattr__(made, "_asked", set())
    return made
