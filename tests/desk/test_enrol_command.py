"""`sesam-master --enrol`: what is added, and what a person reads when nothing is."""

import io
import json
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import keyring.backends.fail
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from sesam_master.__main__ import main
from sesam_master.core.errors import DeskReason
from sesam_master.core.registry import RegistrationChange
from sesam_master.core.states import Connection
from sesam_master.storage.credentials import EncryptedFile
from sesam_master.storage.desk_lock import DeskLock
from sesam_master.storage.pictures import PictureFile
from sesam_master.storage.places import places
from sesam_master.storage.registry_file import RegistryFile
from sesam_master.ui.desk_reasons import DESK_REASONS
from tests.desk.remote.rig import HubRig
from tests.fakes.agent_server import FakeAgent
from tests.fakes.certificates import make_certificate

WRONG = "AB" * 32


class Command:
    """One desk in a directory of its own, called as from a shell."""

    def __init__(
        self,
        directory: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.profile = directory / "profile"
        self._passphrase = directory / "passphrase"
        self._passphrase.write_text("correct horse\n", encoding="utf-8")
        self._passphrase.chmod(0o600)
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def run(self, *arguments: str, typed: str = "") -> tuple[int, str, str]:
        """Exit status, standard output, standard error."""
        self._monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        keeping = ("--profile", str(self.profile), "--passphrase-file", str(self._passphrase))
        try:
            status = main([*keeping, *arguments])
        except SystemExit as end:  # argparse
            status = int(end.code or 0)
        told = self._capsys.readouterr()
        return status, told.out, told.err

    def enrol(self, agent: FakeAgent, token: str, *more: str) -> tuple[int, str, str]:
        return self.run(
            "--enrol", agent.address, "--fingerprint", agent.fingerprint, *more, typed=token
        )

    def kept(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = json.loads(
            (self.profile / "locations.json").read_text(encoding="utf-8")
        )["locations"]
        return listed


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    monkeypatch.setattr(keyring, "get_keyring", keyring.backends.fail.Keyring)
    return Command(tmp_path, monkeypatch, capsys)


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    with FakeAgent("Alpha") as running:
        names = (f"agent.{running.location.location_id}.invalid",)
        running.stop()
        running.certificate = make_certificate(names)
        running.start()
        yield running


def sentence(told: tuple[int, str, str]) -> str:
    """The one line on standard error of a command that failed."""
    status, out, err = told
    assert (status, out) == (1, "")
    assert err.startswith("sesam-master: ")
    assert err.count("\n") == 1
    return err


def test_a_location_is_added_once(command: Command, agent: FakeAgent) -> None:
    token = agent.enrolment_token()
    status, out, err = command.enrol(agent, f"host:1 {token}\n", "--farm", "EMEA")
    assert (status, err) == (0, "")
    assert "Alpha" in out
    assert [item["farm"] for item in command.kept()] == ["EMEA"]

    again = agent.enrolment_token()
    told = sentence(command.enrol(agent, again))
    assert "“Alpha”, which this desk has already" in told
    assert "Nothing was sent. " in told  # whether the token is good, nobody asked
    assert "still good" not in told
    assert "--replace" in told
    assert again in agent.location.tokens

    status, out, _ = command.enrol(agent, again, "--replace", "--farm", "elsewhere")
    assert status == 0
    assert agent.address in out
    assert [item["farm"] for item in command.kept()] == ["EMEA"]
    assert again not in agent.location.tokens


def test_an_open_window_shows_what_is_enrolled_beside_it(
    command: Command, agent: FakeAgent
) -> None:
    window, kept = HubRig(), places(command.profile)
    command.profile.mkdir()
    window_lock = DeskLock(kept.lock)
    credentials = EncryptedFile(kept.credentials, "correct horse")
    window.over(RegistryFile(kept.registry), credentials, PictureFile(kept.pictures))
    with FakeAgent("Beta") as beta, window:
        host, _, port = beta.address.rpartition(":")
        gateway = window.hub.gateway
        presented = window.ask(gateway.look(host, int(port)))
        first = window.ask(gateway.enrol(presented, beta.enrolment_token(), "", "")).location_id
        window.until(first, Connection.ON)

        assert command.enrol(agent, agent.enrolment_token())[0] == 0
        window.until(agent.location.location_id, Connection.ON)

        renamed = RegistrationChange(name="Renamed")
        window.ask(gateway.change_registration(first, renamed))
        assert [item["name"] for item in command.kept()] == ["Renamed", "Alpha"]
        told = sentence(command.enrol(agent, agent.enrolment_token()))
        assert "which this desk has already" in told
    window_lock.release()
    again = EncryptedFile(kept.credentials, "correct horse")
    assert all(again.get(i) for i in (first, agent.location.location_id))


def test_another_fingerprint_gets_nothing(command: Command, agent: FakeAgent) -> None:
    token = agent.enrolment_token()
    told = sentence(command.run("--enrol", agent.address, "--fingerprint", WRONG, typed=token))
    for part in (agent.fingerprint.upper(), WRONG, "Nothing was sent."):
        assert part in told
    assert agent.calls == []
    assert token in agent.location.tokens


@pytest.mark.parametrize("fingerprint", ["00", "", "xyz", "AB" * 31, "AB" * 33, "A" * 63 + "G"])
def test_what_is_no_fingerprint_is_told(
    command: Command, agent: FakeAgent, fingerprint: str
) -> None:
    told = sentence(command.run("--enrol", agent.address, "--fingerprint", fingerprint, typed="x"))
    assert "64 hexadecimal digits" in told
    assert not command.profile.exists()


def test_a_fingerprint_may_have_colons_and_small_letters(
    command: Command, agent: FakeAgent
) -> None:
    digits = agent.fingerprint.lower()
    written = ":".join(digits[at : at + 2] for at in range(0, 64, 2))
    token = agent.enrolment_token()
    told = command.run("--enrol", agent.address, "--fingerprint", written, typed=token)
    assert told[0] == 0


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("a b", "no address"),
        ("127.0.0.1:0", "no port"),
        ("nobody.invalid", "The name nobody.invalid is not known here"),
    ],
)
def test_a_bad_address_is_told(command: Command, address: str, part: str) -> None:
    told = command.run("--enrol", address, "--fingerprint", WRONG, typed="token")
    assert part in sentence(told)


def test_an_agent_that_does_not_run_is_told(command: Command, agent: FakeAgent) -> None:
    agent.stop()
    told = sentence(command.enrol(agent, "token"))
    assert "refuses connections" in told
    assert "Start the agent there" in told


def test_a_missing_token_is_told_before_anything_is_sent(
    command: Command, agent: FakeAgent
) -> None:
    assert "no token on standard input" in sentence(command.enrol(agent, "\n"))
    assert not command.profile.exists()


def test_what_the_agent_says_of_a_token_is_told(command: Command, agent: FakeAgent) -> None:
    assert "not one of this agent's" in sentence(command.enrol(agent, "abcd"))
    agent.location.used_tokens["old"] = Timestamp(seconds=0).ToJsonString()
    assert "exchanged before, at 1970" in sentence(command.enrol(agent, "old"))
    assert command.kept() == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("--fingerprint", WRONG),
        ("--fingerprint", ""),
        ("--farm", "EMEA"),
        ("--replace",),
        ("--enrol", "h"),
        ("--enrol", "h", "--fingerprint", WRONG, "--local"),
        ("--enrol", "h", "--fingerprint", WRONG, "--tour", "pictures"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    command: Command, arguments: tuple[str, ...]
) -> None:
    status, _, err = command.run(*arguments)
    assert status == 2
    assert "--enrol" in err.splitlines()[-1]
    assert not command.profile.exists()


@pytest.mark.parametrize("address", ["", "  "])
def test_an_empty_address_is_told_before_what_else_is_missing(
    command: Command, address: str
) -> None:
    status, _, err = command.run("--enrol", address)
    assert status == 2
    assert "empty address" in err.splitlines()[-1]
    assert "--fingerprint" not in err.splitlines()[-1]


def test_a_list_that_cannot_be_written_costs_no_token(command: Command, agent: FakeAgent) -> None:
    token = agent.enrolment_token()
    assert command.enrol(agent, "wrong")[0] == 1  # makes the profile
    (command.profile / "locations.json").unlink()
    (command.profile / "locations.json").mkdir()
    assert "locations.json" in sentence(command.enrol(agent, token))
    assert token in agent.location.tokens


def unusable(profile: Path, name: str, content: bytes | None) -> Path:
    """A file of the desk with this content, or a directory in its place."""
    place = profile / name
    place.parent.mkdir(parents=True, exist_ok=True)
    if content is None:
        place.mkdir()
    else:
        place.write_bytes(content)
        place.chmod(0o600)
    return place


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("locations.json", b"{", "is damaged"),
        ("locations.json", b'{"format": 2, "locations": []}', "Use the newer desk"),
        ("locations.json", None, "cannot be read"),
        ("credentials.json", b"{", "are damaged"),
        ("credentials.json", b'{"format": 2}', "Use the desk that wrote them"),
        ("log/sesam-master.log", None, "cannot be written"),
    ],
)
def test_what_the_desk_keeps_and_cannot_use_is_named(
    command: Command, agent: FakeAgent, name: str, content: bytes | None, part: str
) -> None:
    place = unusable(command.profile, name, content)
    told = sentence(command.enrol(agent, agent.enrolment_token()))
    assert part in told
    assert str(place) in told
    assert agent.calls == []
    assert content is None or place.read_bytes() == content


@pytest.mark.parametrize(
    ("content", "part"),
    [(b"\n", "is empty"), (b"\xff", "not text in UTF-8"), (None, "cannot be read")],
)
def test_a_passphrase_that_cannot_be_read_is_told(
    command: Command, agent: FakeAgent, tmp_path: Path, content: bytes | None, part: str
) -> None:
    file = unusable(tmp_path, "other", content)
    told = command.enrol(agent, "token", "--passphrase-file", str(file))
    assert part in sentence(told)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_passphrase_that_others_can_reach_is_not_used(
    command: Command, agent: FakeAgent, tmp_path: Path, mode: int
) -> None:
    file = unusable(tmp_path, "open to all", b"correct horse\n")
    file.chmod(mode)
    token = agent.enrolment_token()
    told = sentence(command.enrol(agent, token, "--passphrase-file", str(file)))
    assert f"chmod 600 '{file}'" in told
    assert f"{mode:04o}" in told
    assert token in agent.location.tokens
    file.chmod(0o600)
    assert command.enrol(agent, token, "--passphrase-file", str(file))[0] == 0


def test_a_wrong_passphrase_is_told(command: Command, agent: FakeAgent, tmp_path: Path) -> None:
    assert command.enrol(agent, agent.enrolment_token())[0] == 0
    other = tmp_path / "other"
    other.write_text("wrong", encoding="utf-8")
    other.chmod(0o600)
    token = agent.enrolment_token()
    told = sentence(command.enrol(agent, token, "--replace", "--passphrase-file", str(other)))
    assert "The passphrase does not open" in told
    assert token in agent.location.tokens


def test_every_reason_of_the_desk_has_words() -> None:
    assert set(DESK_REASONS) == set(DeskReason)
    assert all(why and to_do for why, to_do in DESK_REASONS.values())


def test_ctrl_c_while_the_location_is_asked_ends_it_in_plain_words(
    command: Command, agent: FakeAgent
) -> None:
    main_thread = threading.main_thread().ident
    assert main_thread is not None
    agent.on_call["Enrol"] = lambda: signal.pthread_kill(main_thread, signal.SIGINT)
    status, out, err = command.enrol(agent, agent.enrolment_token())
    assert (status, out) == (130, "")
    assert "the token may be used up" in err
    assert "Traceback" not in err
