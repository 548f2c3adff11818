"""The `zohorm` command as its users run it: a process of its own."""

from __future__ import annotations

import importlib.metadata
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests

COMMAND = [sys.executable, "-m", "zohorm"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60)


def run_without(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as if `module` were not installed."""
    code = (
        "import sys\n"
        f"sys.modules[{module!r}] = None\n"
        "from zohorm.__main__ import main\n"
        f"sys.argv = ['zohorm', *{list(arguments)!r}]\n"
        "main()\n"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)


def test_help_names_every_command() -> None:
    answer = run("--help")

    assert answer.returncode == 0
    assert "demo" in answer.stdout
    assert "sandbox" in answer.stdout


def test_version_is_that_of_the_package() -> None:
    answer = run("--version")

    assert importlib.metadata.version("zohorm") in answer.stdout


@pytest.mark.parametrize(
    ("module", "command", "extra"),
    [("click", "demo", "cli"), ("werkzeug", "demo", "sandbox"), ("werkzeug", "sandbox", "sandbox")],
)
def test_a_missing_package_gives_the_line_that_installs_it(
    module: str, command: str, extra: str
) -> None:
    answer = run_without(module, command)

    assert answer.returncode == 1
    assert f'pip install "zohorm[{extra}]"' in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.fixture
def served() -> Iterator[subprocess.Popen[str]]:
    """`zohorm sandbox` as a running process, ended whatever the test does."""
    process = subprocess.Popen([*COMMAND, "sandbox"], stdout=subprocess.PIPE, text=True)
    with process:
        yield process
        process.kill()


def exported_by(process: subprocess.Popen[str]) -> dict[str, str]:
    """Read the variables that the process prints, up to the last one."""
    assert process.stdout is not None
    exported = {}
    for line in process.stdout:
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").strip().partition("=")
            exported[name] = value
        if "ZOHORM_ACCOUNTS_URL" in exported:
            break
    return exported


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_sandbox_prints_what_from_env_reads_and_serves_until_it_is_stopped(
    served: subprocess.Popen[str], number: int
) -> None:
    exported = exported_by(served)

    token = requests.post(
        exported["ZOHORM_ACCOUNTS_URL"] + "/oauth/v2/token",
        data={
            "grant_type": "refresh_token",
            "client_id": exported["ZOHO_CLIENT_ID"],
            "client_secret": exported["ZOHO_CLIENT_SECRET"],
            "refresh_token": exported["ZOHO_REFRESH_TOKEN"],
        },
        timeout=10,
    ).json()["access_token"]
    answer = requests.get(
        exported["ZOHORM_API_URL"] + "/books/v3/organizations",
        headers={"Authorization": f"Zoho-oauthtoken {token}"},
        timeout=10,
    ).json()
    served.send_signal(number)

    assert served.wait(timeout=10) == 0
    found = [row["organization_id"] for row in answer["organizations"]]
    assert exported["ZOHO_ORGANIZATION_ID"] in found
