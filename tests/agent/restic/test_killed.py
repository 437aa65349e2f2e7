"""What a kill of the agent leaves running or lying about, and what is never taken for that."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.restic import repository
from server_agent.domain.jobs import Phase, Progress
from server_agent.ports import (
    Cancelled,
    CommandSource,
    EngineError,
    SavesetRef,
    Verified,
    VerifyRequest,
)
from tests.agent.restic.site import PER_SAVESET, ResticSite
from tests.agent.restic.test_faults import foreign_lock, restics
from tests.agent.tar.site import DAY, IS_ROOT, LABEL, is_progress
from tests.agent.tar.test_faults import REPOSITORY, wait_for
from tests.fakes.engine import FakeControl

FILES = 200
KILLS = 8
LONGEST_SECONDS = 1.6  # in which a backup here has ended on a machine that is not busy


def test_a_restore_that_outlives_the_agent(site: ResticSite) -> None:
    """restic would go on to fill the target behind the back of the next agent."""
    for number in range(FILES):
        (site.source / f"f{number}").write_bytes(os.urandom(500_000))
    site.back_up()
    (site.root / "tmp").mkdir(exist_ok=True)
    target = site.root / "target"
    words = [sys.executable, "-m", "tests.agent.restic.driver", "restore", str(site.root)]
    with subprocess.Popen([*words, str(target), "1000000"], cwd=REPOSITORY) as process:
        wait_for(lambda: sum(1 for _ in target.rglob("f*")) > FILES // 10, "restic at its work")
        process.kill()
    # What root restores to is held by the agent, and goes from under its restic with it.
    assert IS_ROOT or restics(site.root), "it was too fast for this test"
    assert site.engine.recover([], frozenset({site.chain[0].name})) == []
    assert restics(site.root) == []
    site.engine.put_back("7")
    assert list(target.rglob("*")) == []


def test_a_restic_that_is_no_restic_yet_when_the_agent_is_killed(site: ResticSite) -> None:
    """Between the agent's fork and the program is a moment, here a long one."""
    (site.source / "a").write_text("x")
    own = site.root / "bin"
    own.mkdir()
    begun = site.root / "begun"
    (own / "env").write_text(
        f"#!/bin/sh\ncase $* in *--stdin*) echo $$ > '{begun}'; sleep 4;; esac\n"
        f'exec {shutil.which("env")} "$@"\n'
    )
    (own / "env").chmod(0o700)
    name = f"SF{1:017d}@abcdefghijk"
    words = [sys.executable, "-m", "tests.agent.restic.driver", "backup", str(site.root), name]
    with subprocess.Popen(
        words,
        cwd=REPOSITORY,
        env={**os.environ, "PATH": f"{own}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        wait_for(lambda: begun.exists() and bool(begun.read_text()), "the listing's restic")
        process.kill()
    child = Path("/proc") / begun.read_text().strip() / "stat"
    [found] = site.engine.recover([SavesetRef(name, LABEL, DAY, None)], frozenset())
    assert _has_ended(child)
    assert (found.result, site.snapshots(), site.own_files()) == (None, 0, set())


def test_what_a_killed_restic_has_begun_to_write_goes_with_the_next_start(
    site: ResticSite,
) -> None:
    """Under a name of its own, of which restic itself takes no notice ever."""
    (site.source / "a").write_text("x")
    site.back_up()
    for number, file in enumerate(
        [*site.medium.glob("snapshots/*"), *site.medium.rglob("data/*/*")]
    ):
        file.with_name(f"{file.name}-tmp-{number}12345").write_bytes(b"half")
    begun = site.begun()
    name, kept = f"SF{9:017d}@abcdefghijk", frozenset({site.chain[0].name})
    with foreign_lock(site):
        site.engine.recover([SavesetRef(name, LABEL, DAY, None)], kept)
        assert site.begun() == begun != []  # somebody may be writing it
    site.engine.recover([SavesetRef(name, LABEL, DAY, None)], kept)
    assert (site.begun(), site.fault()) == ([], "")


@pytest.mark.parametrize("how", ["sweep", pytest.param("recover", marks=pytest.mark.logs_warnings)])
def test_what_has_its_final_name_is_never_given_up(site: ResticSite, how: str) -> None:
    """The agent was killed after that, and nobody waits for the saveset: its medium was away, or
    the catalogue was put back from a copy."""
    (site.source / "a").write_text("x")
    site.back_up()
    (description,) = (site.root / "lis").rglob("*.restic")
    intent = description.with_suffix(".restic-new")
    intent.write_bytes(description.read_bytes())
    if how == "sweep":
        site.engine.sweep(LABEL, set)
    else:
        assert site.engine.recover([], frozenset()) == []
    assert site.engine.present(site.chain) == {site.chain[0].name}
    assert not intent.exists()
    assert site.restore(site.root / "target").files == 1


def test_a_command_is_not_begun_while_the_repository_is_held(site: ResticSite) -> None:
    """It runs once: what it does besides must not be done twice."""
    ran = site.root / "ran"
    program = (b"sh", b"-c", b"echo x >> '%b'; echo content" % os.fsencode(ran))
    request = replace(site.request(), sources=(), commands=(CommandSource("dump", program),))
    site.run(replace(request, saveset=f"SF{8:017d}@abcdefghijk"))
    ran.unlink()
    control = FakeControl()
    events = site.engine.backup(request, control)
    done: list[object] = []
    thread = threading.Thread(target=lambda: done.extend(events))
    with foreign_lock(site):
        thread.start()
        wait_for(lambda: bool(restics(site.root)), "restic")
        thread.join(3.0)
        assert thread.is_alive()
        assert not ran.exists()
    thread.join()
    assert ran.read_text() == "x\n"
    assert not isinstance(done[-1], Progress)
    saved = SavesetRef(request.saveset, LABEL, DAY, None)
    assert site.engine.present([saved]) == {request.saveset}


def test_what_holds_a_repository_is_said(site: ResticSite) -> None:
    with foreign_lock(site), pytest.raises(EngineError, match="already locked") as failure:
        site.engine._places.repository(LABEL).tidy(FakeControl(), 60.0)
    assert failure.value.code == "REPOSITORY_LOCKED"


@pytest.mark.logs_warnings
def test_what_could_not_be_removed_goes_with_the_next_backup(
    site: ResticSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another work kept it from being taken away: nobody has to restart the agent for that."""
    monkeypatch.setattr(repository, "_TIDY_SECONDS", 0.5)
    (site.source / "a").write_text("x")
    control = FakeControl()
    events = site.engine.backup(site.request(), control)
    while not is_progress(next(events), Phase.COMMIT):
        pass
    with foreign_lock(site):
        control.cancel()
        with pytest.raises(Cancelled):
            list(events)
    assert (site.snapshots(), len(site.own_files())) == (1, 1)
    request = replace(site.request(), saveset=f"SF{9:017d}@abcdefghijk")
    site.run(request)
    assert site.snapshots() == PER_SAVESET
    assert {name.partition(".")[0] for name in site.own_files()} == {request.saveset}


@pytest.mark.logs_warnings
def test_kills_at_any_instant_leave_whole_savesets_and_nothing_else(site: ResticSite) -> None:
    """Of the agent, and every other time of restic too."""
    for number in range(10):
        (site.source / f"f{number}").write_bytes(os.urandom(300_000))
    words = [sys.executable, "-m", "tests.agent.restic.driver", "backup", str(site.root)]
    committed: set[str] = set()
    for number in range(1, KILLS + 1):
        name = f"SF{number:017d}@abcdefghijk"
        (site.source / "f0").write_bytes(os.urandom(300_000))
        with subprocess.Popen(
            [*words, name],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            threading.Event().wait(number * LONGEST_SECONDS / KILLS)
            for pid in restics(site.root) if number % 2 else ():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.kill()
        [found] = site.engine.recover([SavesetRef(name, LABEL, DAY, None)], frozenset(committed))
        committed |= {name} if found.result is not None else set()
        assert restics(site.root) == []
        assert site.snapshots() == PER_SAVESET * len(committed), site.begun()
        assert {file.partition(".")[0] for file in site.own_files()} == committed, site.own_files()
    refs = tuple(SavesetRef(name, LABEL, DAY, None) for name in committed)
    for event in site.engine.verify(VerifyRequest(refs), FakeControl()):
        assert not isinstance(event, Verified) or not event.fault


def _has_ended(stat: Path) -> bool:
    """Whether a process is gone, but for whoever inherits it and has not looked yet."""
    try:
        return stat.read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True
