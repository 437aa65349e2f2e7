"""Every example of docs/scripting.md, in its order, against an agent in a process of its own."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sesam_api.client import connect
from sesam_api.errors import SesamError, Unreachable

PAGE = Path(__file__).parents[2] / "docs" / "scripting.md"
BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FINGERPRINT = re.compile(r"\b(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}\b")
TOKEN = re.compile(r"\b[0-9A-Za-z]{4}(?:-[0-9A-Za-z]{4}){3}\b")
START_SECONDS = 20.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def call(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of this installation in PATH, and nothing of the machine's own agent."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GRPC_VERBOSITY", "NONE")
    monkeypatch.delenv("SESAM2000_INI", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def agent(tmp_path: Path, environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A running agent with what the page takes for granted; its root."""
    root, port = tmp_path / "sesam", free_port()
    printed = call(
        "sesam-agent", "--root", str(root), "init", "--name", "docs", "--port", str(port)
    )
    fingerprint = FINGERPRINT.search(printed)
    assert fingerprint, f"init prints no fingerprint: {printed}"
    monkeypatch.setenv("SESAM_ADDRESS", f"127.0.0.1:{port}")
    monkeypatch.setenv("SESAM_FINGERPRINT", fingerprint[0])
    log = tmp_path / "agent.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            ["sesam-agent", "--root", str(root), "serve"], stdout=output, stderr=output
        ) as process,
    ):
        try:
            wait_until_it_answers(f"127.0.0.1:{port}", fingerprint[0], process, log)
            for variable, role in (("SESAM_TOKEN", "operator"), ("SESAM_ADMIN_TOKEN", "admin")):
                token = TOKEN.search(
                    call("sesam-agent", "--root", str(root), "token", "--role", role)
                )
                assert token
                monkeypatch.setenv(variable, token[0])
            yield root
        finally:
            process.terminate()
            assert process.wait(timeout=20) is not None


def wait_until_it_answers(
    address: str, fingerprint: str, process: "subprocess.Popen[bytes]", log: Path
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with connect(address, token="sesam_nobody", fingerprint=fingerprint):
                return
        except Unreachable as error:
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the agent does not start: {error}\n{log.read_text()}")
        except SesamError:
            return  # it answers, and refuses the credential
