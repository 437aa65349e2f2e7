"""How `sm_cmd` finds its agent, and what it says if there is none."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server_agent.adapters.setup import make_installation
from server_agent.adapters.trees import Trees
from server_agent.commands.sm_cmd import main
from server_agent.installation import Installation
from tests.fakes.agent_server import FakeAgent

SM_CMD = "import sys; from server_agent.commands.sm_cmd import main; sys.exit(main())"


@pytest.fixture(autouse=True)
def no_agent_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SESAM2000_INI", str(tmp_path / "none"))


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    now = datetime(2025, 3, 1, tzinfo=UTC)
    return make_installation(Trees.below(tmp_path / "rö ot"), "Alpha", "127.0.0.1", 0, now)


@pytest.fixture
def agent(installation: Installation) -> Iterator[FakeAgent]:
    with FakeAgent(socket=installation.socket) as agent:
        agent.location.put_client("local")
        yield agent


def test_the_agent_is_found_by_its_root(
    agent: FakeAgent, installation: Installation, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["--root", str(installation.anchor.parent), "list", "clients"]) == 0
    assert capfd.readouterr().out.splitlines()[1].startswith("local\t")


def test_the_agent_is_found_by_the_environment(
    agent: FakeAgent,
    installation: Installation,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SESAM2000_INI", str(installation.anchor))
    assert main(["add", "client", "second"]) == 0
    assert capfd.readouterr().out == 'STATUS=SUCCESS MSG="second"\n'


def test_an_agent_that_does_not_run_is_one_line_with_what_to_do(
    installation: Installation, capfd: pytest.CaptureFixture[str]
) -> None:
    root = installation.anchor.parent
    assert main(["list", "jobs", "--root", str(root)]) == 1
    out, err = capfd.readouterr()
    assert out == (
        f'STATUS=ERROR MSG="The agent of Alpha does not run ({root}). '
        f"Start it with: sesam-agent --root '{root}' serve\"\n"
    )
    assert err == ""


def test_a_place_without_an_agent_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["--root", str(tmp_path), "backup", "docs", "-l", "F"]) == 1
    out = capfd.readouterr().out
    assert out.startswith(f'STATUS=ERROR MSG="No agent at {tmp_path}')
    assert out.count("\n") == 1


def test_a_reader_that_has_seen_enough_is_no_failure_to_talk_about(
    agent: FakeAgent, installation: Installation
) -> None:
    for _ in range(2000):
        agent.location.new_job(task="docs", client="local")
    command = [sys.executable, "-c", SM_CMD, "--root", str(installation.anchor.parent)]
    with subprocess.Popen(
        [*command, "list", "jobs"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"id\t")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=20) == 1


@pytest.mark.parametrize("verb", [("list", "clients"), ("backup", "nope", "-l", "F")])
def test_an_answer_that_cannot_be_written_is_said(
    agent: FakeAgent, installation: Installation, verb: tuple[str, ...]
) -> None:
    command = [sys.executable, "-c", SM_CMD, "--root", str(installation.anchor.parent), *verb]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert done.stderr == b"sm_cmd: standard output: No space left on device\n"


@pytest.mark.parametrize(
    "locale", [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]
)
def test_any_locale_reads_and_writes_the_same_bytes(
    agent: FakeAgent, installation: Installation, locale: dict[str, str]
) -> None:
    command = [sys.executable, "-c", SM_CMD, "--root", str(installation.anchor.parent)]

    def said(*argv: bytes) -> bytes:
        run = subprocess.run(
            [*command, *argv], env=os.environ | locale, capture_output=True, check=False
        )
        assert run.stderr == b""
        return run.stdout

    name = "büro".encode()
    added = said(b"add", b"task", name, b"-c", b"local", b"-s", b"/srv/\xff" + name)
    assert added == b'STATUS=SUCCESS MSG="' + name + b'"\n'
    assert list(agent.location.tasks["büro"].sources) == [b"/srv/\xff" + name]
    shown = said(b"list", b"tasks").splitlines()[1].split(b"\t")
    assert shown[:3] == [name, b"local", b"/srv/\\xff" + name]
