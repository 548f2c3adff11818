from __future__ import annotations

import pytest

from zohorm.errors import UnknownRegion, WrongRegion
from zohorm.regions import REGIONS, Region, of_address, region, require_same


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


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("https://www.zohoapis.com/books/v3", "us"),
        ("https://www.zohoapis.com.au", "au"),
        ("https://api.zoho.eu", "eu"),
        ("https://WWW.ZOHOAPIS.EU:443/", "eu"),
        ("https://checkout.zoho.com.cn/api/v1", "cn"),
        ("https://accounts.zohocloud.ca", "ca"),
        ("https://www.zohoapis.ca", "ca"),
    ],
)
def test_an_address_tells_its_data_centre(address: str, code: str) -> None:
    found = of_address(address)

    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8080",
        "https://notzoho.com",
        "https://zoho.com.evil.example",
        "zoho.com",
        "http://[",
        "",
    ],
)
def test_other_addresses_are_of_no_data_centre(address: str) -> None:
    assert of_address(address) is None


@pytest.mark.parametrize("theirs", REGIONS, ids=lambda known: known.code)
@pytest.mark.parametrize("ours", REGIONS, ids=lambda known: known.code)
def test_a_token_serves_the_hosts_of_its_own_data_centre_alone(
    ours: Region, theirs: Region
) -> None:
    for url in (ours.api_url, ours.checkout_url):
        if ours is theirs:
            require_same(url, theirs.api_url)
            continue
        with pytest.raises(WrongRegion) as caught:
            require_same(url, theirs.api_url)
        assert f'region="{theirs.code}"' in str(caught.value)
        assert ours.name in str(caught.value)


@pytest.mark.parametrize(
    ("api_url", "domain"),
    [
        ("https://www.zohoapis.com", None),
        ("https://www.zohoapis.com", "http://127.0.0.1:1"),
        ("http://127.0.0.1:1", "https://www.zohoapis.com"),
    ],
)
def test_what_is_of_no_data_centre_is_compared_with_nothing(
    api_url: str, domain: str | None
) -> None:
    require_same(api_url, domain)
