"""Whatever goes wrong, there is no half saveset and no process left."""

import itertools
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from server_agent.adapters.tar.mounts import is_below, mount_table, mounts
from server_agent.domain.jobs import Phase, Progress
from server_agent.ports import BackupEvent, Cancelled, EngineError, Interrupted, SavesetRef
from tests.agent.tar.site import DAY, IS_ROOT, LABEL, Site, is_progress
from tests.fakes.engine import FakeControl

BIG_BYTES = 24 << 20  # more than tar can be ahead of its reader
REPOSITORY = Path(__file__).parents[3]
DEADLINE_SECONDS = 20.0


@pytest.fixture
def big(site: Site) -> Path:
    """A file at which tar is still busy when the first news of the transfer comes."""
    path = site.source / "big"
    path.write_bytes(os.urandom(BIG_BYTES))
    return path


def tars_at_work(directory: Path) -> list[int]:
    """Processes that run tar for a site."""
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            if words[0] != b"tar":
                continue
            words.append(os.readlink(os.fsencode(process / "fd" / "0")))
        except OSError:
            continue  # it ended meanwhile
        if any(os.fsencode(directory) in word for word in words):
            found.append(int(process.name))
    return found


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"in vain waited for: {what}"
        pause.wait(0.01)


def begun(events: Iterator[BackupEvent], phase: Phase) -> None:
    while not is_progress(next(events), phase):
        pass


@pytest.mark.parametrize("phase", list(Phase))
def test_a_cancel_ends_all_and_leaves_nothing(site: Site, big: Path, phase: Phase) -> None:
    threads = set(threading.enumerate())
    control = FakeControl()
    events = site.engine.backup(site.request(), control)
    begun(events, phase)
    assert bool(tars_at_work(site.root)) == (phase is Phase.TRANSFER)
    assert bool(site.files()) == (phase is not Phase.SCAN)
    control.cancel()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        list(events)
    assert time.monotonic() - started < 1
    assert site.files() == set()
    assert tars_at_work(site.root) == []
    assert set(threading.enumerate()) == threads


def test_a_cancel_is_noticed_while_tar_is_silent(site: Site, big: Path) -> None:
    control = FakeControl()
    events = site.engine.backup(site.request(), control)
    begun(events, Phase.TRANSFER)
    (tar,) = tars_at_work(site.root)
    os.kill(tar, signal.SIGSTOP)
    timer = threading.Timer(0.05, control.cancel)
    timer.start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        list(events)
    assert time.monotonic() - started < 1
    assert tars_at_work(site.root) == []
    timer.join()


def test_a_tar_that_is_killed_is_an_error(site: Site, big: Path) -> None:
    """A stream that was cut looks whole to zstd: only tar's own end tells."""
    events = site.engine.backup(site.request(), FakeControl())
    begun(events, Phase.TRANSFER)
    (tar,) = tars_at_work(site.root)
    os.kill(tar, signal.SIGTERM)
    with pytest.raises(EngineError, match="-15") as failure:
        list(events)
    assert failure.value.code == "TAR_FAILED"
    assert site.files() == set()


def test_data_that_the_medium_changes_are_not_committed(site: Site, big: Path) -> None:
    control = FakeControl()
    events = site.engine.backup(site.request(), control)
    begun(events, Phase.COMMIT)
    (part,) = (site.root / "store").rglob("*.part")
    with part.open("r+b") as file:
        file.seek(part.stat().st_size // 2)
        file.write(b"changed")
    with pytest.raises(EngineError, match=LABEL) as failure:
        list(events)
    assert failure.value.code == "WRITE_DAMAGED"
    assert site.files() == set()


def test_a_name_that_cannot_be_taken_undoes_the_others(site: Site) -> None:
    (site.source / "file").write_text("x")
    request = site.request()
    events = site.engine.backup(request, FakeControl())
    begun(events, Phase.COMMIT)
    in_the_way = site.root / "lis" / DAY.strftime("%Y%m%d") / (request.saveset + ".db")
    in_the_way.mkdir()
    with pytest.raises(EngineError) as failure:
        list(events)
    assert failure.value.code == "SYSTEM"
    assert site.files() == set()


@pytest.mark.parametrize("size", [200_000, 6_000_000])
def test_a_full_disk(site: Site, size: int) -> None:
    """At the listing of 3000 names, and within the data."""
    for number in range(3000):
        (site.source / f"{number:0100}").touch()
    (site.source / "big").write_bytes(os.urandom(8_000_000))
    driver = [sys.executable, "-m", "tests.agent.tar.driver", "full", str(site.root), str(size)]
    if IS_ROOT:
        driver = ["unshare", "--mount", *driver]
    ended = subprocess.run(driver, cwd=REPOSITORY, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    answer = json.loads(ended.stdout)
    assert (answer["code"], answer["left"]) == ("NO_SPACE", [])
    assert re.search("/(store/|lis/|tmp).*: (No space left|File too large)", answer["text"])
    assert "Free some space" in answer["text"]


@pytest.mark.parametrize("phase", [Phase.TRANSFER, Phase.COMMIT])
def test_what_is_killed_leaves_nothing_after_recover(site: Site, big: Path, phase: Phase) -> None:
    before = site.back_up()
    kept = site.files()
    half = SavesetRef(f"SF{9:017d}@abcdefghijk", LABEL, DAY, None)
    with _driver(site, half.name) as driver:
        assert driver.stdin is not None
        assert driver.stdout is not None
        while (told := driver.stdout.readline().strip()) != phase.value:
            assert told, "the driver ended too early"
            driver.stdin.write("\n")
            driver.stdin.flush()
        driver.kill()
        driver.wait()
    wait_for(lambda: not tars_at_work(site.root), "tar ends with its reader")
    assert site.files() > kept
    assert site.engine.recover([half], frozenset({site.chain[0].name})) == [
        Interrupted(half.name, None)
    ]
    assert site.files() == kept
    assert site.back_up().listed_files == before.listed_files


def _driver(site: Site, saveset: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.agent.tar.driver", "backup", str(site.root), saveset],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.logs_warnings
def test_what_was_renamed_in_part_is_removed(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """The agent died between two renames. What the catalogue never heard of is not touched."""
    (site.source / "file").write_text("x")
    site.back_up()
    for lost in (site.listing(), site.data().with_name(site.data().name + ".idx"), site.data()):
        whole = {path: path.read_bytes() for path in site.root.rglob("S*@*") if path.is_file()}
        lost.unlink()
        assert site.engine.recover(site.chain, frozenset()) == [
            Interrupted(site.chain[0].name, None)
        ]
        assert site.files() == set()
        for path, content in whole.items():
            path.write_bytes(content)
        lost.unlink()
        caplog.clear()
        assert site.engine.recover([], frozenset()) == []
        assert {path for path in whole if path.exists()} == whole.keys() - {lost}
        assert site.chain[0].name in caplog.text
        for path, content in whole.items():
            path.write_bytes(content)


def test_recover_touches_nothing_else(site: Site) -> None:
    (site.source / "file").write_text("x")
    site.back_up()
    for name in ("store/POOL00001/label", "lis/20261025/S.prt", "tmp/other.tmp", "store/x.part"):
        (site.root / name).parent.mkdir(parents=True, exist_ok=True)
        (site.root / name).write_text("not a saveset's")
    before = site.files()
    site.engine.recover([], frozenset({site.chain[0].name}))
    assert site.files() == before


def test_a_program_that_is_missing_is_named(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "PATH", str(tmp_path))
    with pytest.raises(EngineError, match="find") as failure:
        site.back_up()
    assert failure.value.code == "PROGRAM_MISSING"
    assert site.files() == set()


def test_progress_never_goes_back(site: Site, big: Path) -> None:
    for number in range(200):
        (site.source / f"small {number}").write_bytes(b"x" * number)
    seen: list[BackupEvent] = []
    site.back_up(on_event=seen.append)
    transfer = [event for event in seen if isinstance(event, Progress)]
    transfer = [event for event in transfer if event.phase is not Phase.SCAN]
    for earlier, later in itertools.pairwise(transfer):
        assert earlier.files_done <= later.files_done
        assert earlier.stored_bytes <= later.stored_bytes
    assert {event.files_total for event in transfer} == {201}
    assert transfer[-1].bytes_done == transfer[-1].bytes_total


def test_nothing_is_built_on_data_that_were_cut(site: Site) -> None:
    """An INC would be green, and its restore would find nothing."""
    (site.source / "file").write_text("x")
    site.back_up()
    site.data().write_bytes(b"")
    (site.source / "new").write_text("y")
    with pytest.raises(EngineError) as failure:
        site.back_up()
    assert failure.value.code == "BASE_DAMAGED"
    assert site.chain[0].name in failure.value.text


def test_nothing_is_built_on_a_listing_that_is_not_the_one_that_was_written(site: Site) -> None:
    """SQLite would read it, and each INC from then on would look for data in a wrong place."""
    (site.source / "file").write_text("x")
    site.back_up()
    [listing] = site.root.rglob(f"{site.chain[0].name}.db")
    with closing(sqlite3.connect(listing)) as database, database:
        database.execute("UPDATE entry SET block = block + 8 WHERE kind = 'f'")
    with pytest.raises(EngineError) as failure:
        site.back_up()
    assert failure.value.code == "BASE_DAMAGED"
    assert "it is not what was written" in failure.value.text


def test_the_check_before_the_commit_asks_the_medium(site: Site, big: Path) -> None:
    """What the system remembers of a file would match its digests on any disk."""
    events = site.engine.backup(site.request(), FakeControl())
    begun(events, Phase.COMMIT)
    (part,) = (site.root / "store").rglob("*.part")
    if not _is_on_a_disk(part):
        pytest.skip("a file system in memory has no medium")
    before = _bytes_from_disks()
    list(events)
    assert _bytes_from_disks() - before > BIG_BYTES * 0.9


def _is_on_a_disk(path: Path) -> bool:
    _, file_system = max(
        (point, file_system)
        for point, file_system in mounts(mount_table())
        if is_below(os.fsencode(path.resolve()), point)
    )
    return file_system not in (b"tmpfs", b"ramfs", b"rootfs")


def _bytes_from_disks() -> int:
    """How much this process has read that was not in memory, see proc(5)."""
    (line,) = re.findall(r"^read_bytes: (\d+)$", Path("/proc/self/io").read_text(), re.MULTILINE)
    return int(line)
