"""The data centres of the suite and their hosts; sessions ask for one by the name a user gives.

Source: the multi-DC pages of the OAuth documents; Books v3, introduction.
"""

from __future__ import annotations

import attrs

from zohorm.errors import UnknownRegion, WrongType


@attrs.frozen
class Region:
    """One data centre: where its tokens come from and where its API is.

    The accounts host and the API host are stated apart, never derived from each other: Canada's
    differ by more than their first word.
    """

    code: str
    name: str
    domain: str  # of the accounts host and of the products' own hosts
    api_domain: str
    also: tuple[str, ...] = ()  # other names that users give it

    @property
    def accounts_url(self) -> str:
        """The server that gives access tokens."""
        return f"https://accounts.{self.domain}"

    @property
    def api_url(self) -> str:
        """The server of all products but Checkout."""
        return f"https://{self.api_domain}"

    @property
    def checkout_url(self) -> str:
        """The server of Checkout, which is not on the common API host."""
        return f"https://checkout.{self.domain}"

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that `region()` knows it by, in lower case."""
        suffix = self.domain.partition(".")[2]
        given = (self.code, self.name, suffix, self.domain, self.api_domain, *self.also)
        return tuple(dict.fromkeys(name.casefold() for name in given))


REGIONS: tuple[Region, ...] = (
    Region(
        "us",
        "United States",
        "zoho.com",
        "www.zohoapis.com",
        ("usa", "america", "united states of america"),
    ),
    Region("eu", "Europe", "zoho.eu", "www.zohoapis.eu", ("european union",)),
    Region("in", "India", "zoho.in", "www.zohoapis.in"),
    Region("au", "Australia", "zoho.com.au", "www.zohoapis.com.au"),
    Region("jp", "Japan", "zoho.jp", "www.zohoapis.jp"),
    # The one split in the family: accounts on zohocloud.ca, the API on zohoapis.ca.
    Region("ca", "Canada", "zohocloud.ca", "www.zohoapis.ca", ("zoho.ca",)),
    Region("cn", "China", "zoho.com.cn", "www.zohoapis.com.cn"),
    Region("sa", "Saudi Arabia", "zoho.sa", "www.zohoapis.sa", ("ksa",)),
    Region(
        "uk",
        "United Kingdom",
        "zoho.uk",
        "www.zohoapis.uk",
        ("gb", "great britain", "britain"),
    ),
    Region(
        "ae",
        "United Arab Emirates",
        "zoho.ae",
        "www.zohoapis.ae",
        ("uae", "emirates"),
    ),
)

_BY_NAME = {name: region for region in REGIONS for name in region.names}


def region(name: str) -> Region:
    """Return the data centre of a top-level domain, a code or a friendly name; case is ignored.

    Raises:
        WrongType: it is no text.
        UnknownRegion: no data centre is called so; the error lists the choices.
    """
    if not isinstance(name, str):
        raise WrongType(f"region takes text, not {type(name).__name__}")
    found = _BY_NAME.get(name.strip().lstrip(".").casefold())
    if found is None:
        choices = ", ".join(f"{known.code} ({known.name})" for known in REGIONS)
        raise UnknownRegion(f"no region is called {name!r}", advice=f"Choose one of: {choices}")
    return found
