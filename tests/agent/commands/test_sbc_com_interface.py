"""`sbc_com_interface`: one backup, its saveset in the answer."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server_agent.commands import sbc_com_interface
from server_agent.commands.words import DEFAULT_PORT
from sesam_api.client import Location, connect
from sesam_api.v1 import access_pb2, jobs_pb2
from tests.agent.commands.conftest import Result
from tests.fakes.agent_server import FakeAgent

Sbc = Callable[..., Result]


@pytest.fixture
def sbc(agent: FakeAgent, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Sbc:
    @contextlib.contextmanager
    def connection(root: str | None) -> Iterator[Location]:
        with connect(unix=tmp_path / "socket", patience=0.5) as location:
            yield location

    def call(*argv: str) -> Result:
        status = sbc_com_interface.run(list(argv), connection, sbc_com_interface.remote_agent)
        out, err = capfd.readouterr()
        return Result(status, out, err)

    return call


def test_the_saveset_is_answered(sbc: Sbc, agent: FakeAgent) -> None:
    agent.location.endings = [jobs_pb2.JOB_STATE_OK]
    result = sbc("-t", "docs", "-l", "F")
    [saveset] = agent.location.savesets
    assert (result.status, result.out) == (0, f'STATUS=SUCCESS MSG="{saveset}"\n')


def test_a_media_pool_and_every_type_are_passed_on(sbc: Sbc, agent: FakeAgent) -> None:
    agent.location.endings = [jobs_pb2.JOB_STATE_OK]
    sbc("-t", "docs", "-l", "I", "-m", "DAY")
    [(_, request)] = [call for call in agent.calls if call[0] == "StartBackup"]
    assert (request.pool, request.type) == ("DAY", jobs_pb2.BACKUP_TYPE_INC)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-t", "x", "-l", "F"], 'There is no task \\"x\\"'),
        (["-t", "docs"], "-l/--level"),
        (["-t", "docs", "-l", "X"], "invalid choice"),
        (["-t", "docs", "-l", "F", "-S", "elsewhere"], "SESAM_CREDENTIAL and SESAM_FINGERPRINT"),
    ],
)
def test_what_fails_is_said(
    sbc: Sbc, words: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in sbc_com_interface.SERVER_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    result = sbc(*words)
    assert (result.status, result.out.startswith("STATUS=ERROR")) == (1, True)
    assert said in result.out


def test_another_server_is_reached_with_a_credential(
    sbc: Sbc, agent: FakeAgent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent.location.endings = [jobs_pb2.JOB_STATE_OK]
    secret = tmp_path / "credential"
    monkeypatch.setenv("SESAM_CREDENTIAL", str(secret))
    monkeypatch.setenv("SESAM_FINGERPRINT", agent.fingerprint)
    words = ("-t", "docs", "-l", "F", "-S", agent.address)
    assert "cannot be read" in sbc(*words).out
    secret.write_text("abcd-0000-0000-0000")
    assert "holds no credential" in sbc(*words).out
    secret.write_text(agent.credential(access_pb2.ROLE_OPERATOR) + "\n")
    assert sbc(*words).out.startswith('STATUS=SUCCESS MSG="SF')
    monkeypatch.setenv("SESAM_FINGERPRINT", "0" * 64)
    assert "presents the fingerprint" in sbc(*words).out


@pytest.mark.parametrize(
    ("server", "address"),
    [
        ("fs-01", f"fs-01:{DEFAULT_PORT}"),
        ("fs-01:80", "fs-01:80"),
        ("[fe80::1]", f"[fe80::1]:{DEFAULT_PORT}"),
        ("[fe80::1]:80", "[fe80::1]:80"),
    ],
)
def test_the_port_may_be_left_out(server: str, address: str) -> None:
    assert sbc_com_interface.address_of(server) == address
