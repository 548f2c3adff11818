"""Profiles, in files and in a keyring, and the token store of the keyring."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from traceback import TracebackException

import attrs
import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail
from memory_keyring import FileKeyring

from zohorm import Token, ZohoBooks
from zohorm.books import Contact
from zohorm.errors import AuthError, InvalidValue, MissingSetting
from zohorm.extras import profiles
from zohorm.extras.keychain import KeyringTokenStore
from zohorm.extras.profiles import Profile
from zohorm.sandbox import Sandbox

ACME = Profile(
    name="acme",
    client_id="1000.ID",
    client_secret="hush-client",
    refresh_token="1000.hush-refresh",
    region="eu",
    organization_id="7",
    scopes=("ZohoBooks.fullaccess.all",),
)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A keyring of the test's own; the file that holds it."""
    monkeypatch.setenv("TEST_KEYRING", str(tmp_path / "keyring.json"))
    yield from using(FileKeyring(), tmp_path / "keyring.json")


@pytest.fixture
def no_ring(tmp_path: Path) -> Iterator[Path]:
    """A machine without a keyring."""
    yield from using(fail.Keyring(), tmp_path)


def using(backend: KeyringBackend, path: Path) -> Iterator[Path]:
    before = keyring.get_keyring()
    keyring.set_keyring(backend)
    yield path
    keyring.set_keyring(before)


def of(sandbox: Sandbox, **changed: object) -> Profile:
    """Return a profile of the sandbox's user."""
    return attrs.evolve(Profile(name="acme", **sandbox.credentials), **changed)


def test_a_profile_comes_back_as_it_was_stored() -> None:
    path = profiles.save(ACME)

    assert profiles.load("acme") == ACME
    assert profiles.names() == ["acme"]
    assert path == profiles.path_of("acme")


def test_only_its_user_can_read_a_profile_and_nothing_else_is_left() -> None:
    path = profiles.save(ACME)
    profiles.save(attrs.evolve(ACME, region="in"))

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["acme.json"]
    assert profiles.load("acme").region == "in"


def test_a_profile_does_not_show_its_secrets() -> None:
    assert "hush" not in repr(ACME)


def test_a_session_opens_with_a_profile(sandbox: Sandbox) -> None:
    profiles.save(of(sandbox))

    with closing(ZohoBooks.from_profile("acme", clock=sandbox.clock)) as books:
        assert Contact.using(books).iterate().first() is None

    assert sandbox.calls[0].query["organization_id"] == sandbox.organization_ids[0]


def test_what_is_passed_goes_before_the_profile() -> None:
    profiles.save(attrs.evolve(ACME, name="default"))

    with closing(ZohoBooks.from_profile(organization_id="8", region="in", read_only=True)) as books:
        assert (books.organization_id, books.region.code) == ("8", "in")
        assert books.settings.read_only
        assert books.settings.client_id == "1000.ID"


def test_a_profile_without_an_organization_says_how_to_choose_one() -> None:
    profiles.save(attrs.evolve(ACME, organization_id=None))

    with pytest.raises(MissingSetting, match="zohorm organization --profile acme"):
        ZohoBooks.from_profile("acme")


def test_a_missing_profile_names_those_there_are() -> None:
    with pytest.raises(MissingSetting, match="There is none yet"):
        profiles.load("other")
    profiles.save(ACME)
    with pytest.raises(MissingSetting, match=r"There are: acme.*zohorm login --profile other"):
        profiles.load("other")


@pytest.mark.parametrize("name", ["", ".", "../x", "a/b", ".hidden", "a b", "a\nb"])
def test_a_name_never_leads_out_of_the_folder(name: str) -> None:
    with pytest.raises(InvalidValue, match="cannot be called"):
        profiles.load(name)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"client_secret": "hush"}',
        b'{"client_id": 5, "client_secret": "hush", "refresh_token": "hush"}',
        b'{"client_id": "i", "client_secret": "hush", "refresh_token": null}',
        b'{"client_id": "i", "client_secret": "hush", "refresh_token": "r", "hush": "x"}',
    ],
    ids=repr,
)
def test_a_damaged_file_is_named_and_not_quoted(content: bytes) -> None:
    path = profiles.save(ACME)
    path.write_bytes(content)

    with pytest.raises(InvalidValue, match="is damaged") as caught:
        profiles.load("acme")

    assert "hush" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(mode: int) -> None:
    path = profiles.save(ACME)
    path.chmod(mode)

    with pytest.raises(InvalidValue, match="chmod 600"):
        profiles.load("acme")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused() -> None:
    os.chown(profiles.save(ACME), 12345, 12345)

    with pytest.raises(InvalidValue, match="another user"):
        profiles.load("acme")


def test_programs_of_one_machine_share_what_lies_beside_the_profiles(sandbox: Sandbox) -> None:
    profiles.save(of(sandbox))

    for _ in range(2):
        books = ZohoBooks.from_profile("acme", coordinator="files", clock=sandbox.clock)
        with closing(books):
            Contact.using(books).iterate().first()

    assert len(sandbox.token_calls) == 1


def test_a_forgotten_profile_is_gone() -> None:
    profiles.save(ACME)

    profiles.forget("acme")

    assert profiles.names() == []
    profiles.forget("acme")  # What is gone already does no harm.


def test_a_damaged_profile_can_be_forgotten() -> None:
    profiles.save(ACME).write_bytes(b"")

    profiles.forget("acme")

    assert profiles.names() == []


def test_a_file_that_cannot_be_written_leaves_the_old_one(data: Path) -> None:
    profiles.save(ACME)
    broken = attrs.evolve(ACME, scopes=(object(),))  # type: ignore[arg-type]

    with pytest.raises(TypeError):
        profiles.save(broken)

    assert profiles.load("acme") == ACME
    assert len(list((data / "zohorm" / "profiles").iterdir())) == 1


# The keyring.


def test_secrets_in_the_keyring_are_not_in_the_file(ring: Path) -> None:
    kept = attrs.evolve(ACME, in_keyring=True)

    path = profiles.save(kept)

    assert "hush" not in path.read_text()
    assert "hush" in ring.read_text()
    assert profiles.load("acme") == kept


def test_forgetting_a_profile_empties_its_place_in_the_keyring(ring: Path) -> None:
    profiles.save(attrs.evolve(ACME, in_keyring=True))
    KeyringTokenStore("acme").save(Token("1000.x"))

    profiles.forget("acme")

    assert json.loads(ring.read_text()) == {}


def test_secrets_that_are_gone_from_the_keyring_are_told(ring: Path) -> None:
    profiles.save(attrs.evolve(ACME, in_keyring=True))
    ring.unlink()

    with pytest.raises(MissingSetting, match="--keyring"):
        profiles.load("acme")


def test_a_keyring_that_is_away_is_told(no_ring: Path) -> None:
    store = KeyringTokenStore("acme")

    for ask in (
        lambda: profiles.save(attrs.evolve(ACME, in_keyring=True)),
        store.load,
        lambda: store.save(Token("1000.x")),
    ):
        with pytest.raises(AuthError, match="keyring does not answer"):
            ask()
    assert profiles.names() == []


def test_the_error_of_a_keyring_carries_no_secret_along(no_ring: Path) -> None:
    store, token = KeyringTokenStore("acme"), Token("1000.planted-secret")

    with pytest.raises(AuthError) as caught:
        store.save(token)

    # Services that collect errors keep the variables, too.
    kept = TracebackException.from_exception(caught.value, capture_locals=True)
    assert "planted-secret" not in "".join(kept.format())


def test_the_keyring_keeps_a_token_for_all_programs_of_a_user(sandbox: Sandbox, ring: Path) -> None:
    for _ in range(3):
        store = KeyringTokenStore("acme")
        books = ZohoBooks(**sandbox.credentials, auth=store, clock=sandbox.clock)
        with closing(books):
            Contact.using(books).iterate().first()

    assert len(sandbox.token_calls) == 1
    held = KeyringTokenStore("acme").load()
    assert held is not None
    assert held.api_domain == sandbox.url
    assert held.value not in repr(KeyringTokenStore("acme"))


def test_a_damaged_token_in_the_keyring_is_replaced(sandbox: Sandbox, ring: Path) -> None:
    keyring.set_password("zohorm", "token acme", "what is this")
    store = KeyringTokenStore("acme")

    with closing(ZohoBooks(**sandbox.credentials, auth=store, clock=sandbox.clock)) as books:
        Contact.using(books).iterate().first()

    assert store.load() is not None
    assert KeyringTokenStore("other").load() is None
