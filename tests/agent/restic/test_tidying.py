"""Space that is given back at the cost of writing data anew, while others read them or want to."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server_agent.adapters.restic import tidying
from server_agent.adapters.restic.repository import Repository
from server_agent.domain.jobs import Progress
from server_agent.ports import Cancelled, EngineError, RestoreDone, Verified, VerifyRequest
from tests.agent.restic.site import PER_SAVESET, ResticSite
from tests.agent.restic.test_faults import restics
from tests.agent.tar.site import LABEL, at
from tests.agent.tar.test_faults import wait_for
from tests.fakes.engine import FakeControl

FILES = 30
SIZE_BYTES = 700_000


@pytest.fixture
def half(site: ResticSite) -> ResticSite:
    """A medium whose packs hold as much of a removed saveset as of the one that is left."""
    home = b"restic:" + os.fsencode(site.root / "store")
    site.engine.use_stores([home], {LABEL: home})
    for number in range(FILES):
        (site.source / f"f{number:02}").write_bytes(os.urandom(SIZE_BYTES))
    site.back_up()
    for number in range(0, FILES, 2):
        (site.source / f"f{number:02}").unlink()
    site.back_up()
    new, old = site.chain
    assert site.engine.remove([old]) == [old.name]
    site.chain = [new]
    return site


def repository(site: ResticSite) -> Repository:
    return site.engine._places.repository(LABEL)


def pack_bytes(site: ResticSite) -> int:
    return sum(path.stat().st_size for path in (site.medium / "data").rglob("*") if path.is_file())


def make_due(site: ResticSite) -> None:
    mark = site.root / "tmp/restic/untidy" / LABEL
    past = time.time() - tidying.EVERY_SECONDS - 1
    os.utime(mark, (past, past))


def verified(site: ResticSite) -> str:
    *_, last = site.engine.verify(VerifyRequest((site.chain[0],)), FakeControl())
    assert isinstance(last, Verified)
    return last.fault


def test_what_is_due_is_tidied_once(half: ResticSite) -> None:
    before = pack_bytes(half)
    assert list(half.engine.tidy(datetime.now(UTC), FakeControl())) == [], "not yet"
    make_due(half)
    assert [message.code for message in half.engine.tidy(datetime.now(UTC), FakeControl())] == [
        "TIDIED"
    ]
    assert pack_bytes(half) < before * 0.6
    assert verified(half) == ""
    assert half.locks() == 0
    assert list(half.engine.tidy(datetime.now(UTC), FakeControl())) == []


def test_a_clock_that_was_put_back_makes_it_due(half: ResticSite) -> None:
    mark = half.root / "tmp/restic/untidy" / LABEL
    future = time.time() + tidying.EVERY_SECONDS + 60
    os.utime(mark, (future, future))
    assert [message.code for message in half.engine.tidy(datetime.now(UTC), FakeControl())] == [
        "TIDIED"
    ]


def test_a_medium_that_is_away_is_tidied_the_next_time(half: ResticSite) -> None:
    make_due(half)
    away = half.medium.with_name("away")
    half.medium.rename(away)
    assert [message.code for message in half.engine.tidy(datetime.now(UTC), FakeControl())] == [
        "NOT_TIDIED"
    ]
    away.rename(half.medium)
    assert [message.code for message in half.engine.tidy(datetime.now(UTC), FakeControl())] == [
        "TIDIED"
    ]


def test_the_time_for_it_is_limited(half: ResticSite, monkeypatch: pytest.MonkeyPatch) -> None:
    make_due(half)
    monkeypatch.setattr(tidying, "LIMIT_SECONDS", 1.0)
    with standing(half, b"prune", lambda: threading.Event().wait(1.1)):
        assert [message.code for message in half.engine.tidy(datetime.now(UTC), FakeControl())] == [
            "NOT_TIDIED"
        ]
    assert (restics(half.root), half.locks()) == ([], 0)
    assert verified(half) == ""


@contextmanager
def standing(site: ResticSite, word: bytes, then: Callable[[], object]) -> Iterator[None]:
    """The run of restic with that word stands still when it has begun to read or write, while
    something else is done."""

    def find() -> int:
        for pid in restics(site.root):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                read = int(Path(f"/proc/{pid}/io").read_text().split()[1])
                if word in words and read > SIZE_BYTES:
                    return pid
        return 0

    def work() -> None:
        wait_for(lambda: bool(find()), "restic at its work")
        pid = find()
        os.kill(pid, signal.SIGSTOP)
        then()
        os.kill(pid, signal.SIGCONT)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    thread.join()


@pytest.mark.parametrize("word", [b"dump", b"restore"])
def test_no_data_move_while_they_are_read(half: ResticSite, tmp_path: Path, word: bytes) -> None:
    """They would be called damaged."""
    make_due(half)
    codes: list[str] = []

    def tidy() -> None:
        codes.extend(message.code for message in half.engine.tidy(datetime.now(UTC), FakeControl()))

    with standing(half, word, tidy):
        if word == b"dump":
            assert verified(half) == ""
        else:
            done = half.restore(tmp_path / "target")
            assert isinstance(done, RestoreDone)
            assert done.files == FILES // 2
            place = at(tmp_path / "target", half.source)
            assert sum(path.stat().st_size for path in place.iterdir()) == SIZE_BYTES * FILES // 2
    assert codes == ["NOT_TIDIED"]
    assert [message.code for message in half.engine.tidy(datetime.now(UTC), FakeControl())] == [
        "TIDIED"
    ]


def test_tidying_makes_way_for_a_backup(half: ResticSite) -> None:
    make_due(half)
    turn = repository(half).program.turns
    with turn.alone() as alone:
        assert alone is not None
        assert not alone.is_wanted
        request = replace(half.request(), saveset=f"SF{9:017d}@abcdefghijk")
        events = half.engine.backup(request, FakeControl())
        thread = threading.Thread(target=lambda: list(events))
        thread.start()
        wait_for(lambda: alone.is_wanted, "the backup that waits")
        assert half.snapshots() == PER_SAVESET
    thread.join()
    assert half.snapshots() == 2 * PER_SAVESET


def test_who_waits_for_a_turn_can_be_cancelled(half: ResticSite) -> None:
    control = FakeControl()
    with repository(half).program.turns.alone() as alone:
        events = half.engine.verify(VerifyRequest((half.chain[0],)), control)
        thread = threading.Timer(0.3, control.cancel)
        thread.start()
        with pytest.raises(Cancelled):
            assert not [event for event in events if not isinstance(event, Progress)]
        thread.join()
        assert alone is not None
        assert not alone.is_wanted


def test_a_cancel_ends_it(half: ResticSite) -> None:
    make_due(half)
    control = FakeControl()
    control.cancel()
    with pytest.raises(Cancelled):
        list(half.engine.tidy(datetime.now(UTC), control))


def test_it_is_not_begun_while_a_backup_runs(half: ResticSite) -> None:
    with repository(half).program.turns.together(FakeControl()):
        with pytest.raises(EngineError) as failure:
            repository(half).tidy(FakeControl(), 60.0)
        assert failure.value.code == "REPOSITORY_LOCKED"
        old = replace(half.chain[0])
        assert half.engine.remove([old]) == [old.name], "its space is given back later"
