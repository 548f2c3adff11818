"""The system's keyring as a place for secrets: access tokens of sessions, and those of profiles.

For a desktop: the secrets lie encrypted under the user's login. A server has no keyring.
"""

from __future__ import annotations

from zohorm.errors import AuthError, InvalidValue
from zohorm.extras import MissingExtra
from zohorm.token import Token

try:
    import keyring
    from keyring.errors import KeyringError, PasswordDeleteError
except ModuleNotFoundError as error:
    raise MissingExtra("the keyring", extra="keyring") from error

SERVICE = "zohorm"


class KeyringTokenStore:
    """Keeps an access token in the system's keyring, for all programs of one user.

        books = ZohoBooks.from_profile("acme", auth=KeyringTokenStore("acme"))

    `name` stands for the refresh token: sessions with other credentials need another name. Two
    programs that find the token over at one moment may both renew it; one of ten in ten minutes.
    """

    def __init__(self, name: str) -> None:
        self._name = f"token {name}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name}>"

    def load(self) -> Token | None:
        """Return the stored token, whatever its age; None if there is none that can be read.

        Raises:
            AuthError: the keyring is locked, or there is none.
        """
        text = read(self._name)
        if text is None:
            return None
        try:
            return Token.from_text(text)
        except InvalidValue:
            return None  # The next one takes its place.

    def save(self, token: Token) -> None:
        """Replace the stored token.

        Raises:
            AuthError: the keyring is locked, or there is none.
        """
        write(self._name, token.to_text())


def read(name: str) -> str | None:
    """Return a secret of the keyring, None if it has none of this name.

    Raises:
        AuthError: the keyring is locked, or there is none.
    """
    try:
        return keyring.get_password(SERVICE, name)
    except KeyringError as error:
        raise _away() from error


def write(name: str, secret: str) -> None:
    """Put a secret into the keyring, in place of the one of this name.

    Raises:
        AuthError: the keyring is locked, or there is none.
    """
    try:
        keyring.set_password(SERVICE, name, secret)
    except KeyringError as error:
        # Services that collect errors keep the variables on the way, and those hold the secret.
        del secret
        error.__traceback__ = error.__cause__ = error.__context__ = None
        raise _away() from error


def erase(name: str) -> None:
    """Take a secret out of the keyring, if it is there.

    Raises:
        AuthError: the keyring is locked, or there is none.
    """
    try:
        keyring.delete_password(SERVICE, name)
    except PasswordDeleteError:
        return
    except KeyringError as error:
        raise _away() from error


def _away() -> AuthError:
    return AuthError(
        "the system's keyring does not answer",
        advice="Unlock it; on a machine that has none, keep the profile in a file",
    )
