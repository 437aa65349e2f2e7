"""A restore to a client over SSH: until all is whole there, nothing at the target changes."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.ssh.client import SshClient
from server_agent.adapters.ssh.staging import Staging
from server_agent.domain.jobs import Phase, Progress
from server_agent.domain.reach import Ssh
from server_agent.ports import Cancelled, EngineError, RestoreEvent
from tests.agent.ssh.client_site import ClientSite, at_work, staged
from tests.agent.ssh.rig import (
    REPOSITORY,
    begun,
    kill,
    killed_while,
    moving,
    ssh_at_work,
    stop,
    wait_for,
)
from tests.agent.ssh.server import SshServer
from tests.agent.tar.site import LABEL, at, only_mounting
from tests.agent.tar.trees import differences, picture
from tests.fakes.engine import FakeControl

BIG_BYTES = 24 << 20
NAMES = ("a", "big", "dir/b", "z")


@pytest.fixture
def client(server: SshServer) -> Ssh:
    """Of a server whose processes the test stops and kills."""
    return server.client


@pytest.fixture
def target(site: ClientSite) -> Path:
    """Has older versions of what is saved."""
    for name in NAMES:
        path = site.source / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(os.urandom(BIG_BYTES) if name == "big" else name.encode() * 100)
        old = at(site.root / "target", path)
        old.parent.mkdir(parents=True, exist_ok=True)
        old.write_text("the old one")
    site.back_up()
    return site.root / "target"


def restoring(site: ClientSite, target: Path, control: FakeControl) -> Iterator[RestoreEvent]:
    return site.engine.restore(replace(site.restore_request(target), job_id="7"), control)


def assert_untouched(site: ClientSite, target: Path) -> None:
    assert staged(target) == []
    restored = at(target, site.source)
    assert {name: (restored / name).read_text() for name in NAMES} == dict.fromkeys(
        NAMES, "the old one"
    )


def test_old_versions_are_replaced(site: ClientSite, target: Path) -> None:
    before = picture(site.source)
    (at(target, site.source) / "mine").write_text("stays")
    site.restore(target)
    assert staged(target) == []
    (at(target, site.source) / "mine").unlink()
    found = picture(at(target, site.source))
    found[b"."]["modify_ns"] = before[b"."]["modify_ns"]  # the test has changed it
    assert differences(before, found) == []


def test_a_cancel_changes_nothing(site: ClientSite, target: Path, server: SshServer) -> None:
    control = FakeControl()
    events = restoring(site, target, control)
    moving(events, server)
    stop(at_work(server, b"tar"))
    timer = threading.Timer(0.05, control.cancel)
    timer.start()
    said: list[RestoreEvent] = []
    with pytest.raises(Cancelled):
        any(map(said.append, events))
    timer.join()
    last = [event for event in said if isinstance(event, Progress)][-1]
    assert (last.files_done, last.bytes_done, last.files_total) == (0, 0, len(NAMES))
    assert at_work(server, b"tar") == []
    assert ssh_at_work(server) == []
    assert_untouched(site, target)


def test_damage_takes_only_what_lies_in_it(site: ClientSite, target: Path) -> None:
    data = site.root / "store" / LABEL / site.chain[0].name
    with data.open("r+b") as file:
        file.seek(BIG_BYTES // 2)
        file.write(bytes(64))
    with pytest.raises(EngineError) as failure:
        site.restore(target)
    assert failure.value.code == "SAVESET_DAMAGED"
    assert staged(target) == []
    lost = {each.path for each in site.messages if each.code == "LIES_IN_DAMAGE"}
    assert lost == {os.fsencode(site.source / "big")}
    restored = at(target, site.source)
    for name in NAMES:
        saved = "the old one" if name == "big" else (site.source / name).read_text()
        assert (restored / name).read_text() == saved


def test_a_client_that_dies(site: ClientSite, target: Path, server: SshServer) -> None:
    events = restoring(site, target, FakeControl())
    moving(events, server)
    kill(server.sessions())
    with pytest.raises(EngineError) as failure:
        list(events)
    assert failure.value.code == "CLIENT_LOST"
    assert at_work(server, b"tar") == []
    assert_untouched(site, target)


@pytest.mark.logs_warnings
def test_a_client_that_stays_away(site: ClientSite, target: Path, server: SshServer) -> None:
    """What cannot be removed any more is named."""
    events = restoring(site, target, FakeControl())
    moving(events, server)
    server.stop()
    said: list[RestoreEvent] = []
    with pytest.raises(EngineError) as failure:
        any(map(said.append, events))
    assert failure.value.code == "CLIENT_LOST"
    [message] = [event for event in said if getattr(event, "code", "") == "LEFT_ASIDE"]
    [left] = staged(target)
    assert f'"{left.name}" below "{left.parent}"' in message.text  # type: ignore[union-attr]


def test_a_killed_agent_is_cleaned_up_after(
    site: ClientSite, target: Path, server: SshServer
) -> None:
    killed_while("restore", site, server)
    assert staged(target)
    assert site.engine.put_back("7") == []
    assert_untouched(site, target)
    assert site.engine.put_back("7") == []
    site.engine.recover([], frozenset({site.chain[0].name}))
    site.restore(target)
    assert (at(target, site.source) / "a").read_bytes() == b"a" * 100


def test_a_kill_right_at_the_beginning(site: ClientSite, target: Path) -> None:
    """The directory is there, and its name was noted before."""
    events = restoring(site, target, FakeControl())
    begun(events, Phase.TRANSFER)
    while not staged(target):
        next(events)
    [journal] = (site.root / "tmp").glob("*.remote")
    noted = journal.read_bytes()
    events.close()  # type: ignore[attr-defined]
    assert_untouched(site, target)
    name = json.loads(noted)["name"]
    (at(target, site.source).parent / name).mkdir()
    journal.write_bytes(noted)
    assert site.engine.put_back("7") == []
    assert_untouched(site, target)


@pytest.mark.logs_warnings
def test_a_killed_agent_whose_client_is_away(
    site: ClientSite, target: Path, server: SshServer
) -> None:
    killed_while("restore", site, server)
    server.stop()
    [message] = site.engine.put_back("7")
    assert message.code == "LEFT_ASIDE"
    [left] = staged(target)
    assert f'"{left.name}" below "{left.parent}"' in message.text
    assert site.engine.put_back("7") == []
    site.engine.recover([], frozenset({site.chain[0].name}))


def test_what_moves_goes_on_without_its_connection(
    site: ClientSite, target: Path, server: SshServer
) -> None:
    """Every file old or new, and in the end all of them new."""
    before = picture(site.source)
    events = restoring(site, target, FakeControl())
    begun(events, Phase.COMMIT)
    kill_at_work = threading.Thread(
        target=lambda: (
            wait_for(lambda: any(path.name == "pid" for path in contents(target)), "the moving"),
            kill(server.sessions()),
        )
    )
    kill_at_work.start()
    with suppress(EngineError):  # unless the moving was quicker
        list(events)
    kill_at_work.join()
    assert staged(target) == []
    found = picture(at(target, site.source))
    for name in NAMES:
        assert found[name.encode()]["content"] == before[name.encode()]["content"]


def contents(target: Path) -> list[Path]:
    return [path for directory in staged(target) for path in directory.iterdir()]


def test_what_was_moved_out_of_the_way_goes_back(site: ClientSite, server: SshServer) -> None:
    """The moving itself is killed between the old thing and the new one, as by a power cut."""
    (site.source / "dir").mkdir()
    (site.source / "dir/file").write_bytes(os.urandom(BIG_BYTES))
    site.back_up()
    place = at(site.root / "target", site.source) / "dir"
    place.parent.mkdir(parents=True)
    place.write_text("a file of old")
    killed_while("restore", site, server)
    [control] = staged(site.root / "target")
    holder = place.parent / (control.name.removesuffix(".new") + ".old")
    for name in ("old", "new"):
        (holder / name).mkdir(parents=True)
    place.rename(holder / "old/dir")
    (control / "olds").write_bytes(b"%b\0%b\0" % (bytes(place), bytes(holder / "old/dir")))
    (control / "holders").write_bytes(bytes(holder) + b"\0")
    [message] = site.engine.put_back("7")
    assert (message.code, message.path) == ("PUT_BACK", os.fsencode(site.source / "dir"))
    assert place.read_text() == "a file of old"
    assert staged(site.root / "target") == []
    site.engine.recover([], frozenset({site.chain[0].name}))


def test_a_target_that_cannot_be_written(site: ClientSite, tmp_path: Path) -> None:
    (site.source / "file").write_text("x")
    site.back_up()
    (tmp_path / "file").write_text("in the way")
    for place in (tmp_path / "file", tmp_path / "file/below", Path("/proc/nowhere")):
        with pytest.raises(EngineError) as failure:
            site.restore(place)
        assert failure.value.code == "TARGET_UNUSABLE"
        assert str(place) in failure.value.text


def test_what_is_said_of_a_full_target(client: Ssh, tmp_path: Path) -> None:
    """There need not be an old version of the file."""
    staging = Staging(SshClient(client, tmp_path), b"/srv/back", tmp_path / "journal")
    text = staging.full(staging.tree + b"/letters/new")
    assert '"/srv/back/letters/new" has to be written' in text
    assert "old version" not in text


@only_mounting
@pytest.mark.parametrize("fits", [True, False])
def test_another_file_system_at_the_target(tmp_path: Path, fits: bool) -> None:
    """What cannot be renamed is copied beside its place first."""
    source = tmp_path / "source"
    (source / "volume/closed").mkdir(parents=True)
    (source / "beside").write_text("x")
    (source / "volume/file").write_bytes(b"the new one" * 30_000)
    os.link(source / "volume/file", source / "volume/linked")
    os.setxattr(source / "volume/file", "trusted.note", b"1")
    os.utime(source / "volume/file", ns=(5, 1_234_567_890_123_456_789))
    (source / "volume/closed/inside").write_text("y")
    (source / "volume/closed").chmod(0o555)
    driver = [sys.executable, "-m", "tests.agent.ssh.mounted", str(tmp_path)]
    ended = subprocess.run(
        ["unshare", "--mount", *driver, "1m" if fits else "64k"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    answer = json.loads(ended.stdout)
    assert (answer["staged"], answer["is_mounted"]) == ([], True)
    if fits:
        assert (answer["code"], answer["differences"]) == ("", [])
    else:
        assert (answer["code"], answer["file"]) == ("NO_SPACE", "the old one")
