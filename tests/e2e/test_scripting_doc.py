"""Every example of docs/scripting.md, in its order, against a real agent."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sesam_api import errors
from tests.e2e.agent_process import AgentProcess, run

PAGE = Path(__file__).parents[2] / "docs" / "scripting.md"
BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FINGERPRINT = re.compile(r"^Fingerprint: (\S+)$", re.MULTILINE)
COMMANDS = Path(sys.executable).parent
BLOCK_SECONDS = 60


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[AgentProcess]:
    agent = AgentProcess(tmp_path / "sesam", tmp_path)
    try:
        agent.start()
        yield agent
    finally:
        agent.close()


@pytest.fixture
def page(agent: AgentProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The page with places below `tmp_path`, and an environment as it takes for granted."""
    letters = tmp_path / "documents/letters"
    letters.mkdir(parents=True)
    (tmp_path / "documents/letter.txt").write_text("Dear reader\n")
    (letters / "old.bak").write_text("x")

    fingerprint = FINGERPRINT.search(agent.made)
    assert fingerprint, agent.made
    monkeypatch.setenv("SESAM_ADDRESS", agent.address)
    monkeypatch.setenv("SESAM_FINGERPRINT", fingerprint[1])
    for variable, role in (
        ("SESAM_TOKEN", "operator"),
        ("SESAM_ADMIN_TOKEN", "admin"),
        ("SESAM_PLAN_TOKEN", "admin"),
    ):
        monkeypatch.setenv(variable, run(agent.root, "token", "--role", role).stdout.strip())
    monkeypatch.setenv("PATH", f"{COMMANDS}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("SESAM2000_INI", raising=False)
    monkeypatch.chdir(tmp_path)

    text = PAGE.read_text(encoding="utf-8")
    for place, here in {
        "/srv/sesam": agent.root,
        "/srv/documents": tmp_path / "documents",
        "/var/restored": tmp_path / "restored",
        "/mnt/second": tmp_path / "second",
    }.items():
        assert place in text
        text = text.replace(place, str(here))
    return text


def test_every_example_runs(page: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    printed = []
    blocks = list(BLOCK.finditer(page))
    assert {block[1] for block in blocks} == {"python", "sh"}
    for block in blocks:
        if block[1] == "sh":
            printed.append(shell(block[2]))
        else:
            line = page.count("\n", 0, block.start(2))
            # Line numbers of the page, should it fail.
            exec(compile("\n" * line + block[2], str(PAGE), "exec"), names)
            printed.append(capsys.readouterr().out)

    text = "".join(printed)
    assert re.search(r'^STATUS=SUCCESS MSG="SF\d{17}@\w{11}"$', text, re.MULTILINE)
    assert f"reads to you: {os.environ['SESAM_FINGERPRINT'].lower()}" in text
    assert "I am operator of Alpha" in text
    assert re.search(r"^SI\d{17}@\w{11} 0 files 0 bytes$", text, re.MULTILINE)
    assert "ended: ok" in text
    assert "Dear reader" in text
    assert "12 bytes" in text
    assert re.search(r"^client\tpath\tkind\t", text, re.MULTILINE)
    assert re.search(r"letter\.txt \S+ \S+ 1 versions$|^not looked through: S", text, re.MULTILINE)
    assert "2 tasks, 1 jobs" in text
    assert re.search(r"^YEAR00001\tYEAR\tSecond\t[2-9]\d*\t", text, re.MULTILINE)
    assert re.search(r"^last found right: \d{4}-", text, re.MULTILINE)
    assert re.search(r" savesets will be deleted, \d+ bytes$", text, re.MULTILINE)
    assert re.search(r"^S[FI]\S+ \d{4}-\d\d-\d\d (newest|needed S\S+|is deleted) ?$", text, re.M)
    assert len(re.findall(r" belongs to \d{4}-\d\d-\d\d$", text, re.MULTILINE)) == 3
    assert re.search(r"^next: \d{4}-", text, re.MULTILINE)
    assert re.search(r"^\S+ \S+ nightly docs documents planned $", text, re.MULTILINE)
    assert re.search(r"^remarks\tno_event$", text, re.MULTILINE)
    assert 'There is no task "documnets" in this location.' in text
    assert "tcp failed: Nothing accepts connections at 127.0.0.1:1" in text
    assert (tmp_path / "sesam-credential").stat().st_mode & 0o777 == 0o600


def shell(script: str) -> str:
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        capture_output=True,
        text=True,
        timeout=BLOCK_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_the_page_names_every_exception() -> None:
    text = PAGE.read_text(encoding="utf-8")
    names = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.SesamError)
    }
    assert "StillRunning" in names
    assert {name for name in names if f"`{name}`" not in text} == set()
