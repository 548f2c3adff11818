"""The data centres of the suite and their hosts; sessions ask for one by the name a user gives.

Source: the multi-DC pages of the OAuth documents; Books v3, introduction.
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

import attrs

from zohorm.errors import UnknownRegion, WrongRegion, WrongType


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

    def owns(self, host: str) -> bool:
        """Tell whether a host is one of this data centre's, of whatever product."""
        domains = (self.domain, self.api_domain.removeprefix("www."))
        return any(host == domain or host.endswith(f".{domain}") for domain in domains)

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


@lru_cache
def of_address(url: str) -> Region | None:
    """Return the data centre that the host of a URL belongs to; None for a host of nobody known.

    Any host of a data centre will do: answers name `www.zohoapis.eu`, documents `api.zoho.eu`.
    """
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    return next((known for known in REGIONS if known.owns(host)), None)


def require_same(api_url: str, api_domain: str | None) -> None:
    """Refuse to send calls to one data centre with a token of another.

    `api_domain` is what the answer with the token named. Where either host is of no data centre, as
    a sandbox's, nothing is compared.

    Raises:
        WrongRegion: the two are of different data centres.
    """
    if api_domain is None:
        return
    ours, theirs = of_address(api_url), of_address(api_domain)
    if ours is None or theirs is None or ours == theirs:
        return
    raise WrongRegion(
        f"the access token belongs to the data centre of {theirs.name}, and the call would go to"
        f" that of {ours.name}",
        advice=f'Open the session with region="{theirs.code}"',
    )
