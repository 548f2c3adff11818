"""`zohorm login` and the commands beside it, as their users run them: processes of their own."""

from __future__ import annotations

import json
import os
import pty
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import attrs
import pytest

from zohorm.books import Contact, ZohoBooks
from zohorm.errors import AuthError
from zohorm.sandbox import Sandbox

HERE = Path(__file__).parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
FOLLOW = f"{sys.executable} {HERE / 'follow.py'}"


@attrs.define
class Shell:
    """A shell of somebody who has exported what the sandbox's client is."""

    sandbox: Sandbox
    data: Path
    variables: dict[str, str] = attrs.Factory(dict)

    def run(self, *arguments: str, piped: str = "") -> subprocess.CompletedProcess[str]:
        """Run the command without a terminal."""
        return subprocess.run(
            [sys.executable, "-m", "zohorm", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            input=piped,
            env={**os.environ, **self.variables},
        )

    def done(self, *arguments: str, piped: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command that must end well."""
        answer = self.run(*arguments, piped=piped)
        assert answer.returncode == 0, answer.stderr
        return answer

    def profile(self, name: str = "default") -> dict[str, object]:
        """Return what the file of a profile says."""
        path = self.data / "zohorm" / "profiles" / f"{name}.json"
        found: dict[str, object] = json.loads(path.read_text())
        return found

    def opened(self, monkeypatch: pytest.MonkeyPatch, name: str = "default") -> ZohoBooks:
        """Open a session in this process, as the user's program would."""
        monkeypatch.setenv("XDG_DATA_HOME", str(self.data))
        return ZohoBooks.from_profile(name, clock=self.sandbox.clock)


def shell_of(sandbox: Sandbox, path: Path) -> Shell:
    credentials = sandbox.credentials
    shell = Shell(sandbox, path / "data")
    shell.variables = {
        "XDG_DATA_HOME": str(shell.data),
        "ZOHO_CLIENT_ID": credentials["client_id"],
        "ZOHO_CLIENT_SECRET": credentials["client_secret"],
        "ZOHORM_API_URL": sandbox.url,
        "ZOHORM_ACCOUNTS_URL": sandbox.url,
    }
    return shell


@pytest.fixture
def shell(sandbox: Sandbox, tmp_path: Path) -> Shell:
    return shell_of(sandbox, tmp_path)


@pytest.fixture
def back() -> str:
    """An address of this machine on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://localhost:{taken.getsockname()[1]}/back"


def browse(shell: Shell, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Log in with a browser that is `command`."""
    shell.variables["BROWSER"] = f"{command} %s"
    return shell.run("login", *arguments)


def secrets_of(shell: Shell) -> list[str]:
    """Return what must never be shown."""
    held = shell.sandbox._application.accounts._grants
    tokens = list(held) + [token for grant in held.values() for token in grant.tokens]
    return [shell.sandbox.credentials["client_secret"], *tokens]


# The three ways.


@pytest.mark.parametrize("extra", [(), ("--pkce",)])
def test_a_consent_in_a_browser_makes_a_profile_that_opens_a_session(
    shell: Shell, back: str, extra: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = browse(shell, f"{FOLLOW} accept", "--redirect-url", back, *extra)

    assert answer.returncode == 0, answer.stderr
    assert "ZohoBooks.from_profile()" in answer.stderr
    with closing(shell.opened(monkeypatch)) as books:
        assert Contact.using(books).iterate().first() is None
    asked, _, exchanged = shell.sandbox.token_calls[:3]
    assert asked.query["scope"] == "ZohoBooks.fullaccess.all"
    assert (asked.query["access_type"], asked.query["prompt"]) == ("offline", "consent")
    assert ("code_challenge" in asked.query) is bool(extra)
    assert exchanged.body["redirect_uri"] == back
    assert ("code_verifier" in exchanged.body) is bool(extra)
    assert [secret for secret in secrets_of(shell) if secret in answer.stdout + answer.stderr] == []


def test_a_refused_consent_is_told_and_nothing_is_stored(shell: Shell, back: str) -> None:
    answer = browse(shell, f"{FOLLOW} reject", "--redirect-url", back)

    assert answer.returncode == 1
    assert "the user refused consent" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not shell.data.exists()


# Where tests run on their own, .ci/run has installed it.
@pytest.mark.skipif(CHROMIUM is None and "CI" not in os.environ, reason="no Chromium is installed")
def test_a_real_browser_comes_back_to_the_terminal(shell: Shell, back: str, tmp_path: Path) -> None:
    """Chromium sends the form of the consent page, and follows the redirect to the listener."""
    script = tmp_path / "chromium.py"
    script.write_text(
        "import html, subprocess, sys, urllib.parse as u\n"
        "parts = u.urlsplit(sys.argv[1])\n"
        "sent = dict(u.parse_qsl(parts.query)) | {'consent': 'accept'}\n"
        "rows = ''.join(f'<input name={html.escape(n)!r} value={html.escape(v)!r}>'\n"
        "               for n, v in sent.items())\n"
        "page = sys.argv[0] + '.html'\n"
        "action = parts._replace(query='').geturl()\n"
        "open(page, 'w').write(f'<body onload=document.forms[0].submit()>'\n"
        "    f'<form method=post action={action}>{rows}</form>')\n"
        f"flags = [{CHROMIUM!r}, '--headless', '--no-sandbox', '--disable-gpu', '--dump-dom',\n"
        "         '--virtual-time-budget=5000']\n"
        "subprocess.run([*flags, 'file://' + page], timeout=50, capture_output=True)\n"
    )

    answer = browse(shell, f"{sys.executable} {script}", "--redirect-url", back)

    assert answer.returncode == 0, answer.stderr
    assert shell.profile()["organization_id"] == shell.sandbox.organization_ids[0]


def test_the_token_is_asked_for_where_the_redirect_says(
    shell: Shell, back: str, tmp_path: Path
) -> None:
    """The user's data centre may be another one than the one where consent began."""
    script = tmp_path / "elsewhere.py"
    with Sandbox() as europe:
        tokens = {"access_token": "1000.a", "refresh_token": "1000.r", "expires_in": 3600}
        domain = "https://www.zohoapis.eu"
        europe.next(path="/oauth/v2/token", status=200, body={**tokens, "api_domain": domain})
        listed = {"locations": {"eu": europe.url}}
        shell.sandbox.next(path="/oauth/serverinfo", status=200, body=listed)
        script.write_text(
            "import sys, urllib.parse as u, urllib.request as r\n"
            "sent = dict(u.parse_qsl(u.urlsplit(sys.argv[1]).query))\n"
            "said = {'code': 'c', 'location': 'eu', 'state': sent['state'],\n"
            f"        'accounts-server': {europe.url!r}}}\n"
            "r.urlopen(sent['redirect_uri'] + '?' + u.urlencode(said)).read()\n"
        )

        answer = browse(shell, f"{sys.executable} {script}", "--redirect-url", back)

        # The second one is for the organizations, as these tokens are made up.
        exchanged, refreshed = europe.token_calls
        assert exchanged.body["grant_type"] == "authorization_code"
        assert refreshed.body["grant_type"] == "refresh_token"
        assert shell.profile()["accounts_url"] == europe.url
    assert [call.path for call in shell.sandbox.token_calls] == ["/oauth/serverinfo"]
    assert shell.profile()["region"] == "eu"
    assert "Your account is in the region eu, not us" in answer.stderr


def test_a_redirect_to_a_strangers_server_is_shown_no_secret(
    shell: Shell, back: str, tmp_path: Path
) -> None:
    script = tmp_path / "stranger.py"
    with Sandbox() as stranger:
        script.write_text(
            "import sys, urllib.parse as u, urllib.request as r\n"
            "sent = dict(u.parse_qsl(u.urlsplit(sys.argv[1]).query))\n"
            f"said = {{'code': 'c', 'state': sent['state'], 'accounts-server': {stranger.url!r}}}\n"
            "r.urlopen(sent['redirect_uri'] + '?' + u.urlencode(said)).read()\n"
        )

        answer = browse(shell, f"{sys.executable} {script}", "--redirect-url", back)

        assert stranger.token_calls == []
    assert answer.returncode == 1
    assert "none of Zoho's" in answer.stderr


def test_the_code_of_a_self_client_comes_through_a_pipe(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = shell.sandbox.code("ZohoBooks.fullaccess.all")

    answer = shell.done("login", "--code", "--profile", "acme", piped=f"{code}\n")

    assert 'ZohoBooks.from_profile("acme")' in answer.stderr
    with closing(shell.opened(monkeypatch, "acme")) as books:
        assert Contact.using(books).iterate().first() is None
    # One to exchange the code; its access token served to list the organizations.
    assert len(shell.sandbox.token_calls) == 2


def test_a_code_may_be_written_where_others_see_it(shell: Shell) -> None:
    shell.done("login", "--code", shell.sandbox.code())

    assert shell.profile()["organization_id"] == shell.sandbox.organization_ids[0]


def test_a_code_that_was_used_is_told(shell: Shell) -> None:
    answer = shell.run("login", "--code", "1000.used")

    assert answer.returncode == 1
    assert "Codes are used once" in answer.stderr
    assert "1000.used" not in answer.stderr
    assert not shell.data.exists()


def at_terminal(shell: Shell, *arguments: str, typed: Mapping[str, str]) -> str:
    """Run the command at a terminal, answer its questions, and return all that it showed."""
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover (another program from here on)
        os.environ.update(shell.variables)
        os.execv(sys.executable, [sys.executable, "-m", "zohorm", *arguments])
    shown = ""
    waiting = dict(typed)
    while True:
        try:
            shown += os.read(terminal, 4096).decode()
        except OSError:  # The end of a terminal.
            break
        for question in [each for each in waiting if each in shown]:
            os.write(terminal, f"{waiting.pop(question)}\n".encode())
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, shown
    assert waiting == {}
    return shown


def test_at_a_terminal_secrets_are_asked_for_and_not_shown(tmp_path: Path) -> None:
    with Sandbox(organizations=2) as sandbox:
        shell = shell_of(sandbox, tmp_path)
        identifier = shell.variables.pop("ZOHO_CLIENT_ID")
        secret = shell.variables.pop("ZOHO_CLIENT_SECRET")
        code = sandbox.code("ZohoBooks.fullaccess.all")

        shown = at_terminal(
            shell,
            "login",
            "--code",
            typed={
                "Client id": identifier,
                "Client secret": secret,
                "Code": code,
                "Which one": "2",
            },
        )

        assert identifier in shown
        assert secret not in shown
        assert code not in shown
        assert shell.profile()["organization_id"] == sandbox.organization_ids[1]


def test_a_device_is_let_in_from_elsewhere(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = shell.sandbox
    codes = {"device_code": "hush-device", "user_code": "ABCD-EFGH", "interval": 0.01}
    codes["verification_url"] = f"{sandbox.url}/oauth/v3/device"
    sandbox.next(path="/oauth/v3/device/code", status=200, body=codes)
    pending = {"error": "authorization_pending"}
    sandbox.next(path="/oauth/v3/device/token", status=200, body=pending, times=2)
    tokens = {
        "access_token": sandbox.access_token(),
        "refresh_token": sandbox.credentials["refresh_token"],
        "api_domain": sandbox.url,
    }
    sandbox.next(path="/oauth/v3/device/token", status=200, body=tokens)

    answer = shell.done("login", "--device", "--scope", "ZohoBooks.contacts.READ")

    assert "ABCD-EFGH" in answer.stderr
    assert codes["verification_url"] in answer.stderr
    assert "hush-device" not in answer.stdout + answer.stderr
    started, *polls = sandbox.token_calls
    assert started.body["scope"] == "ZohoBooks.contacts.READ"
    assert [call.body["grant_type"] for call in polls] == ["device_token"] * 3
    with closing(shell.opened(monkeypatch)) as books:
        assert Contact.using(books).iterate().first() is None


# What is asked of whom.


@pytest.mark.parametrize(
    ("missing", "arguments", "said"),
    [
        ("ZOHO_CLIENT_ID", ("login",), "no terminal to ask for the client id: set ZOHO_CLIENT_ID"),
        ("ZOHO_CLIENT_SECRET", ("login",), "set ZOHO_CLIENT_SECRET"),
        (None, ("login", "--code"), "no pipe brings one"),
        (None, ("login", "--code", "--device"), "choose one"),
        (None, ("login", "--profile", "../x"), "cannot be called"),
        (None, ("login", "--region", "atlantis"), "no region is called"),
        (None, ("login", "--redirect-url", "http://example.com/"), "http://localhost:PORT/"),
        (None, ("organization",), "There is none yet"),
        (None, ("logout",), "There is none yet"),
        (None, ("logout", "--here"), "there is no profile"),
        (None, ("revoke",), "set ZOHO_REFRESH_TOKEN"),
    ],
)
def test_without_a_terminal_nothing_waits_for_an_answer(
    shell: Shell, missing: str | None, arguments: tuple[str, ...], said: str
) -> None:
    shell.variables |= {} if missing is None else {missing: ""}

    answer = shell.run(*arguments)

    assert answer.returncode != 0
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr
    assert shell.sandbox.token_calls == []


# The organization.


def test_of_several_organizations_none_is_guessed(tmp_path: Path) -> None:
    with Sandbox(organizations=2) as sandbox:
        shell = shell_of(sandbox, tmp_path)
        first, second = sandbox.organization_ids

        answer = shell.run("login", "--code", sandbox.code())
        assert answer.returncode == 1
        assert "no organization is chosen yet: zohorm organization ID" in answer.stderr
        assert (first in answer.stderr, second in answer.stderr) == (True, True)

        shell.done("organization", second)
        assert shell.profile()["organization_id"] == second
        listed = shell.done("organization").stdout.splitlines()
        assert [line[0] for line in listed] == [" ", "*"]

        refused = shell.run("organization", "123")
        assert refused.returncode == 1
        assert "may not use the organization 123" in refused.stderr
        assert shell.profile()["organization_id"] == second


def test_an_organization_that_is_named_must_be_one_of_the_account(shell: Shell) -> None:
    answer = shell.run("login", "--organization", "123", "--code", shell.sandbox.code())

    assert answer.returncode == 1
    assert "The organization 123 is not one" in answer.stderr
    # The code is spent, so what it brought is kept.
    assert shell.profile()["refresh_token"]


def test_a_token_that_may_not_list_organizations_is_stored_all_the_same(shell: Shell) -> None:
    code = shell.sandbox.code("ZohoBooks.contacts.READ")

    answer = shell.done("login", "--organization", "123", "--code", code)

    assert "ZohoBooks.settings.READ" in answer.stderr
    assert shell.profile()["organization_id"] == "123"
    shell.done("organization", "124")
    assert shell.profile()["organization_id"] == "124"
    assert shell.run("organization").returncode == 1


# Where it is stored.


def test_lines_for_a_shell_are_what_from_env_reads(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = shell.done("login", "--print", "--code", shell.sandbox.code())

    for line in answer.stdout.splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        monkeypatch.setenv(name, value)
    with closing(ZohoBooks.from_env(clock=shell.sandbox.clock)) as books:
        assert Contact.using(books).iterate().first() is None
    assert not shell.data.exists()


def test_secrets_may_lie_in_the_keyring(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = tmp_path / "ring.json"
    shell.variables |= {
        "PYTHON_KEYRING_BACKEND": "memory_keyring.FileKeyring",
        "PYTHONPATH": str(HERE.parent / "unit"),
        "TEST_KEYRING": str(ring),
    }

    answer = shell.done("login", "--keyring", "--code", shell.sandbox.code())

    assert "the system's keyring" in answer.stderr
    assert "refresh_token" not in shell.profile()
    assert shell.sandbox.credentials["client_secret"] in ring.read_text()
    shell.done("organization")
    shell.done("logout")
    assert json.loads(ring.read_text()) == {}


def test_a_keyring_that_is_away_is_told_before_a_code_is_spent(shell: Shell) -> None:
    shell.variables["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

    answer = shell.run("login", "--keyring", "--code", shell.sandbox.code())

    assert answer.returncode == 1
    assert "keyring does not answer" in answer.stderr
    assert shell.sandbox.token_calls == []


def test_a_profile_that_is_replaced_is_told(shell: Shell) -> None:
    first = shell.done("login", "--code", shell.sandbox.code())
    second = shell.done("login", "--code", shell.sandbox.code())

    assert "will be replaced" not in first.stderr
    assert "Its refresh token lives on" in second.stderr


def test_a_folder_that_is_none_is_told(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    shell.variables["XDG_DATA_HOME"] = str(tmp_path / "file")

    answer = shell.run("profiles")
    assert (answer.returncode, answer.stdout) == (0, "")
    answer = shell.run("login", "--code", shell.sandbox.code())

    assert answer.returncode == 1
    assert "Not a directory" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_profiles_are_listed(shell: Shell) -> None:
    for name in ("beta", "alpha"):
        shell.done("login", "--profile", name, "--code", shell.sandbox.code())

    assert shell.done("profiles").stdout.split() == ["alpha", "beta"]


# The way back.


def test_logging_out_revokes_and_forgets(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.done("login", "--code", shell.sandbox.code())
    token = str(shell.profile()["refresh_token"])

    answer = shell.done("logout")

    assert "is revoked" in answer.stderr
    assert token not in answer.stderr
    assert shell.done("profiles").stdout == ""
    credentials = {**shell.sandbox.credentials, "refresh_token": token}
    books = ZohoBooks(**credentials, clock=shell.sandbox.clock)
    with closing(books), pytest.raises(AuthError):
        Contact.using(books).iterate().first()


def test_a_profile_may_be_forgotten_here_alone(shell: Shell) -> None:
    shell.done("login", "--code", shell.sandbox.code())
    calls = len(shell.sandbox.token_calls)

    shell.done("logout", "--here")

    assert len(shell.sandbox.token_calls) == calls
    assert shell.done("profiles").stdout == ""


def test_a_profile_stays_while_the_service_cannot_be_told(shell: Shell) -> None:
    shell.done("login", "--code", shell.sandbox.code())
    shell.sandbox.next(path="/oauth/v2/token/revoke", fault="html")

    answer = shell.run("logout")

    assert answer.returncode == 1
    assert shell.done("profiles").stdout.split() == ["default"]


def test_any_refresh_token_is_revoked_from_the_environment(shell: Shell) -> None:
    shell.variables["ZOHO_REFRESH_TOKEN"] = shell.sandbox.credentials["refresh_token"]

    assert "is revoked" in shell.done("revoke").stderr
    assert "knows no such token" in shell.done("revoke").stderr
