"""The `zohorm` command as its users run it: a process of its own."""

from __future__ import annotations

import importlib.metadata
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

COMMAND = [sys.executable, "-m", "zohorm"]
PATIENCE = 60
"""Seconds: more than a busy machine takes for anything here."""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=PATIENCE)


def run_without(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as if `module` were not installed."""
    code = (
        "import sys\n"
        f"sys.modules[{module!r}] = None\n"
        "from zohorm.__main__ import main\n"
        f"sys.argv = ['zohorm', *{list(arguments)!r}]\n"
        "main()\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE
    )


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


@contextmanager
def serving(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run `zohorm sandbox` as a process of its own, which ends whatever the test does."""
    command = [*COMMAND, "sandbox", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
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
def test_sandbox_prints_what_from_env_reads_and_serves_until_it_is_stopped(number: int) -> None:
    with serving() as process:
        exported = exported_by(process)
        token = access_token(exported)
        answer = requests.get(
            exported["ZOHORM_API_URL"] + "/books/v3/organizations",
            headers={"Authorization": f"Zoho-oauthtoken {token}"},
            timeout=PATIENCE,
        ).json()
        process.send_signal(number)
        assert process.wait(PATIENCE) == 0

    found = [row["organization_id"] for row in answer["organizations"]]
    assert exported["ZOHO_ORGANIZATION_ID"] in found


def test_sandbox_prints_one_object_on_one_line_for_programs(free_port: int) -> None:
    with serving("--json", "--port", str(free_port)) as process:
        assert process.stdout is not None
        printed = json.loads(process.stdout.readline())
        process.terminate()
        rest = process.stdout.read()
        assert process.wait(PATIENCE) == 0

    assert printed["url"] == f"http://127.0.0.1:{free_port}"
    names = {"url", "organization_id", "client_id", "client_secret", "refresh_token"}
    assert set(printed) == names
    assert rest == ""


def test_sandbox_says_when_other_machines_reach_it() -> None:
    with serving("--host", "0.0.0.0") as process:
        exported_by(process)
        process.terminate()
        assert process.stderr is not None
        said = process.stderr.read()

    assert "listens on 0.0.0.0: whoever reaches this machine" in said


def test_sandbox_takes_plan_seed_and_switches() -> None:
    settings = ["--plan", "free", "--seed", "demo", "--switch", "per_page_above_200=refuse"]
    with serving(*settings) as process:
        exported = exported_by(process)
        token = access_token(exported)
        refused, listed = (
            requests.get(
                exported["ZOHORM_API_URL"] + "/books/v3/invoices",
                params={
                    "organization_id": exported["ZOHO_ORGANIZATION_ID"],
                    "per_page": str(size),
                },
                headers={"Authorization": f"Zoho-oauthtoken {token}"},
                timeout=PATIENCE,
            )
            for size in (201, 200)
        )

    assert refused.status_code == 400
    assert len(listed.json()["invoices"]) == 200
    assert listed.headers["X-Rate-Limit-Limit"] == "1000"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--switch", "speed=high"], "has no switch 'speed'"),
        (["--switch", "seed=demo"], "has no switch 'seed'"),
        (["--switch", "live_tokens=16"], "it can be 15, 30"),
        (["--host", "192.0.2.1"], "cannot listen on 192.0.2.1, port 0"),
        (["--data", "."], "'.' is a directory"),
        (["--data", "absent/zoho.db"], "absent/zoho.db cannot be opened"),
    ],
)
def test_sandbox_says_what_it_cannot_do(arguments: list[str], said: str) -> None:
    answer = run("sandbox", *arguments)

    assert answer.returncode != 0
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


def test_sandbox_says_that_a_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = run("sandbox", "--port", str(taken.getsockname()[1]))

    assert answer.returncode == 1
    assert "Address already in use" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.fixture
def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def access_token(exported: dict[str, str]) -> str:
    """Refresh the access token with what the process printed."""
    answer = requests.post(
        exported["ZOHORM_ACCOUNTS_URL"] + "/oauth/v2/token",
        data={
            "grant_type": "refresh_token",
            "client_id": exported["ZOHO_CLIENT_ID"],
            "client_secret": exported["ZOHO_CLIENT_SECRET"],
            "refresh_token": exported["ZOHO_REFRESH_TOKEN"],
        },
        timeout=PATIENCE,
    )
    return str(answer.json()["access_token"])
