from __future__ import annotations

import pytest

from zohorm.errors import UnknownRegion
from zohorm.regions import REGIONS, region


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("us", "us"),
        ("US", "us"),
        ("com", "us"),
        (".com", "us"),
        ("Europe", "eu"),
        ("zoho.eu", "eu"),
        ("India", "in"),
        ("AUSTRALIA", "au"),
        ("com.au", "au"),
        ("jp", "jp"),
        (" canada ", "ca"),
        ("zohocloud.ca", "ca"),
        ("com.cn", "cn"),
        ("Saudi Arabia", "sa"),
        ("uk", "uk"),
        ("UAE", "ae"),
    ],
)
def test_a_region_is_known_by_domain_code_and_friendly_name(name: str, code: str) -> None:
    assert region(name).code == code


def test_canada_has_its_accounts_and_its_api_on_different_domains() -> None:
    canada = region("ca")

    assert canada.accounts_url == "https://accounts.zohocloud.ca"
    assert canada.api_url == "https://www.zohoapis.ca"


def test_every_region_has_its_three_hosts() -> None:
    hosts = {
        known.code: (known.accounts_url, known.api_url, known.checkout_url) for known in REGIONS
    }

    assert len(hosts) == len(REGIONS) == 10
    assert hosts["au"] == (
        "https://accounts.zoho.com.au",
        "https://www.zohoapis.com.au",
        "https://checkout.zoho.com.au",
    )


def test_no_name_stands_for_two_regions() -> None:
    names = [name for known in REGIONS for name in known.names]

    assert len(names) == len(set(names))


def test_an_unknown_region_is_told_the_choices() -> None:
    with pytest.raises(UnknownRegion) as caught:
        region("atlantis")

    assert "'atlantis'" in str(caught.value)
    for known in REGIONS:
        assert f"{known.code} ({known.name})" in str(caught.value)
