"""Profiles: what `zohorm login` stores under a name, and `from_profile()` opens a session with.

A profile is a JSON file in the user's data folder that only the user can read. Its two secrets, the
client's and the refresh token, stand in it or in the system's keyring.
"""

from __future__ import annotations

import json
import os
import re
import stat
import tempfile
from pathlib import Path
from typing import Any

import attrs

from zohorm.errors import InvalidValue, MissingSetting
from zohorm.extras import MissingExtra
from zohorm.settings import SettingsDict

try:
    import platformdirs
except ModuleNotFoundError as error:
    raise MissingExtra("profiles", extra="cli") from error

DEFAULT = "default"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_SECRETS = ("client_secret", "refresh_token")


@attrs.frozen(kw_only=True)
class Profile:
    """The credentials of one user, and the organization that sessions open by default.

    Attributes:
        api_url, accounts_url: None where they are the region's.
        in_keyring: its secrets are in the system's keyring, not in its file.
    """

    name: str
    client_id: str
    client_secret: str = attrs.field(repr=False)
    refresh_token: str = attrs.field(repr=False)
    region: str = "us"
    organization_id: str | None = None
    scopes: tuple[str, ...] = ()
    api_url: str | None = None
    accounts_url: str | None = None
    in_keyring: bool = False

    @property
    def settings(self) -> SettingsDict:
        """What a session takes, beside organization and region."""
        found: SettingsDict = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": self.refresh_token,
        }
        if self.api_url is not None:
            found["api_url"] = self.api_url
        if self.accounts_url is not None:
            found["accounts_url"] = self.accounts_url
        return found


def folder() -> Path:
    """Return the folder of the profiles, whether it is there or not."""
    return platformdirs.user_data_path("zohorm", appauthor=False) / "profiles"


def path_of(name: str) -> Path:
    """Return the file of a profile, whether it is there or not.

    Raises:
        InvalidValue: no profile can be called so.
    """
    if not _NAME.fullmatch(name):
        raise InvalidValue(
            f"a profile cannot be called {name!r}",
            advice="Use letters, digits, dots, - and _; a letter or digit comes first",
        )
    return folder() / f"{name}.json"


def names() -> list[str]:
    """Return the names of the profiles, sorted."""
    return sorted(path.stem for path in folder().glob("*.json"))


def load(name: str = DEFAULT) -> Profile:
    """Read a profile.

    Raises:
        MissingSetting: there is no profile of this name; the error lists those there are.
        InvalidValue: its file is damaged, or others can read it; nothing of it is quoted.
        AuthError: its secrets are in a keyring that does not answer.
    """
    path = path_of(name)
    try:
        with path.open("rb") as file:
            _check(path, os.fstat(file.fileno()))
            content = file.read()
    except FileNotFoundError:
        known = names()
        there = f"There are: {', '.join(known)}" if known else "There is none yet"
        raise MissingSetting(
            f"there is no profile {name!r}",
            advice=f"{there}. `zohorm login --profile {name}` makes it",
        ) from None
    found = _members(path, content)
    if found.get("in_keyring"):
        found |= _from_keyring(name)
    if not all(found.get(member) for member in ("client_id", *_SECRETS)):
        raise _damaged(path)
    try:
        return Profile(name=name, **found)
    except TypeError:
        raise _damaged(path) from None


def save(profile: Profile) -> Path:
    """Write a profile, in place of the one of this name, and return its file.

    Raises:
        AuthError: its secrets belong into a keyring that does not answer.
    """
    path = path_of(profile.name)
    members = attrs.asdict(profile)
    del members["name"]
    if profile.in_keyring:
        from zohorm.extras import keychain

        secrets = {name: members.pop(name) for name in _SECRETS}
        keychain.write(f"profile {profile.name}", json.dumps(secrets))
    # The mode is that of the last folder alone, and what else lies in the first is private, too.
    for each in (path.parent.parent, path.parent):
        each.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A file of its own first, which mkstemp makes for the user alone: nobody reads half a profile.
    handle, written = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(members, file, indent=1)
        Path(written).replace(path)
    except BaseException:
        Path(written).unlink(missing_ok=True)
        raise
    return path


def forget(name: str) -> None:
    """Delete a profile and its secrets here; the service is not told.

    Raises:
        InvalidValue: no profile can be called so.
        AuthError: its secrets are in a keyring that does not answer.
    """
    path = path_of(name)
    try:
        in_keyring = _members(path, path.read_bytes()).get("in_keyring")
    except (FileNotFoundError, InvalidValue):
        in_keyring = False
    if in_keyring:
        from zohorm.extras import keychain

        keychain.erase(f"profile {name}")
        keychain.erase(f"token {name}")
    path.unlink(missing_ok=True)


def _members(path: Path, content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    kinds = {"in_keyring": bool, "scopes": list}
    if not isinstance(found, dict) or not all(
        value is None or isinstance(value, kinds.get(name, str)) for name, value in found.items()
    ):
        raise _damaged(path)
    return {**found, "scopes": tuple(found.get("scopes") or ())}


def _from_keyring(name: str) -> dict[str, Any]:
    from zohorm.extras import keychain

    text = keychain.read(f"profile {name}")
    if text is None:
        raise MissingSetting(
            f"the secrets of the profile {name!r} are no longer in the keyring",
            advice=f"Log in again: zohorm login --profile {name} --keyring",
        )
    found = _members(path_of(name), text.encode())
    return {member: found.get(member) for member in _SECRETS}


def _check(path: Path, found: os.stat_result) -> None:
    """Refuse a file that others can read: whoever did may have the secrets."""
    if os.name != "posix":
        return
    if found.st_uid != os.geteuid():
        raise InvalidValue(f"the profile {path} belongs to another user", advice="Log in yourself")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise InvalidValue(
            f"others on this machine can read the profile {path}",
            advice=f"Run `chmod 600 {path}`; if somebody may have read it, log out and in again",
        )


def _damaged(path: Path) -> InvalidValue:
    return InvalidValue(
        f"the profile {path} is damaged", advice="Remove the file, and log in again"
    )
