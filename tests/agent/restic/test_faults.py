"""Whatever goes wrong, there is no half saveset, no lock and no process left, and nothing is called
saved that is not as it was."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.restic import description
from server_agent.adapters.tar.left_out import SIGNATURE
from server_agent.domain.jobs import Level, Phase, Progress
from server_agent.domain.task_options import ExcludeKind, TaskOptions
from server_agent.ports import (
    Cancelled,
    EngineError,
    Interrupted,
    SavesetRef,
    Verified,
    VerifyRequest,
)
from tests.agent.restic.site import PER_SAVESET, ResticSite
from tests.agent.tar.site import (
    DAY,
    LABEL,
    at,
    is_progress,
    only_mounting,
    open_offset,
    unprivileged,
)
from tests.agent.tar.test_faults import REPOSITORY, wait_for
from tests.agent.tar.test_imperfect import (
    test_a_file_that_vanishes_before_it_is_read,
    test_what_a_user_may_not_read,
)
from tests.fakes.engine import FakeControl

__all__ = ["test_a_file_that_vanishes_before_it_is_read", "test_what_a_user_may_not_read"]

BIG_BYTES = 96 << 20


def restics(root: Path) -> list[int]:
    """Processes that run restic for a site."""
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            is_restic = (process / "cmdline").read_bytes().startswith(b"restic\0")
            if is_restic and os.fsencode(root) in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue  # it ended meanwhile
    return found


@pytest.fixture
def big(site: ResticSite) -> Path:
    path = site.source / "big"
    path.write_bytes(os.urandom(BIG_BYTES))
    return path


@contextmanager
def while_read(site: ResticSite, path: Path, change: Callable[[], None]) -> Iterator[None]:
    """restic stands still in the middle of the file while that is changed."""

    def work() -> None:
        wait_for(lambda: bool(open_offset(path)), "restic at the file")
        (restic,) = restics(site.root)
        os.kill(restic, signal.SIGSTOP)
        change()
        os.kill(restic, signal.SIGCONT)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    thread.join()


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def cut(path: Path) -> None:
    os.truncate(path, 1000)


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(-10, os.SEEK_END)
        file.write(b"0123456789")


@pytest.mark.parametrize("change", [grow, cut, overwrite])
def test_a_file_that_changes_while_it_is_read(
    site: ResticSite, big: Path, change: Callable[[Path], None]
) -> None:
    (site.source / "other").write_text("x")
    with while_read(site, big, lambda: change(big)):
        done = site.back_up()
    assert (done.files, done.skipped, done.partial) == (2, 1, 1)
    assert [(each.level, each.code, each.path) for each in site.messages] == [
        (Level.WARNING, "CHANGED_WHILE_READ", os.fsencode(big))
    ]
    again = site.back_up()
    assert (again.files, again.skipped) == (1, 0), "the next one saves it again"


def test_a_file_that_may_change_while_it_is_read(site: ResticSite, big: Path) -> None:
    options = TaskOptions(accept_size_change=("/big$",))
    with while_read(site, big, lambda: grow(big)):
        done = site.run(replace(site.request(), options=options))
    assert (done.files, done.skipped) == (1, 0)
    assert [(each.level, each.code) for each in site.messages] == [(Level.INFO, "SIZE_ACCEPTED")]


def test_what_options_leave_out(site: ResticSite) -> None:
    for name in ("cache/data", "flagged", "kept", "x.o", "from file"):
        (site.source / name).parent.mkdir(exist_ok=True)
        (site.source / name).write_text("x")
    (site.source / "cache/CACHEDIR.TAG").write_bytes(SIGNATURE)
    has_flags = not subprocess.run(
        ["chattr", "+d", site.source / "flagged"], stderr=subprocess.DEVNULL
    ).returncode
    (site.root / "excludes").write_text("from f[i]le$\n")
    options = TaskOptions(
        exclude_kind=ExcludeKind.REGEX,
        exclude_file=os.fsencode(site.root / "excludes"),
        skip_cache_directories=True,
        skip_nodump=True,
        one_file_system=True,
    )
    request = replace(site.request(), excludes=(r"\.o$",), options=options)
    site.run(request)
    assert {each.level for each in site.messages} <= {Level.INFO}
    site.chain = [SavesetRef(request.saveset, LABEL, DAY, None)]
    site.restore(site.root / "target")
    assert site.messages == []
    found = at(site.root / "target", site.source)
    left = {str(path.relative_to(found)) for path in found.rglob("*") if path.is_file()}
    assert left == {"kept", "cache/CACHEDIR.TAG"} | (set() if has_flags else {"flagged"})


def test_a_file_that_changed_before_it_was_read_is_no_warning(site: ResticSite) -> None:
    (site.source / "file").write_text("as it was")

    def change(event: object) -> None:
        if is_progress(event, Phase.TRANSFER):
            (site.source / "file").write_text("as it is now")
            (site.source / "new").write_text("since the scan")

    done = site.back_up(on_event=change)
    assert (done.skipped, site.messages, done.files) == (0, [], 2)
    page = site.engine.entries(site.chain[0], os.fsencode(site.source), None, 10)
    assert [entry.size for entry in page.entries] == [12, 14]
    assert site.back_up().files == 0


@pytest.mark.parametrize("phase", list(Phase))
def test_a_cancel_leaves_no_lock_and_nothing_else(
    site: ResticSite, big: Path, phase: Phase
) -> None:
    control = FakeControl()
    events = site.engine.backup(site.request(), control)
    if phase is Phase.TRANSFER:
        while not (is_progress(event := next(events), phase) and restics(site.root)):
            assert isinstance(event, Progress)
    else:
        while not is_progress(next(events), phase):
            pass
    control.cancel()
    with pytest.raises(Cancelled):
        list(events)
    assert (restics(site.root), site.locks(), site.snapshots()) == ([], 0, 0)
    assert site.own_files() == set()


def test_a_restic_that_is_killed_is_an_error(site: ResticSite, big: Path) -> None:
    def kill() -> None:
        for restic in restics(site.root):
            os.kill(restic, signal.SIGKILL)

    with pytest.raises(EngineError) as failure, while_read(site, big, kill):
        site.back_up()
    assert failure.value.code == "RESTIC_FAILED"
    assert site.own_files() == set()
    big.write_bytes(b"small")
    assert site.back_up().files == 1, "the lock of the dead is no obstacle"
    assert site.engine.remove([site.chain[0]]) == [site.chain[0].name]
    assert site.locks() == 0


def test_a_source_of_which_nothing_can_be_read(open_site: ResticSite) -> None:
    """Alone it is an error, beside others a warning."""
    site = open_site
    with unprivileged():
        (site.source / "file").write_text("x")
        closed, one = site.root / "closed", site.root / "one"
        (closed / "inside").mkdir(parents=True)
        closed.chmod(0)
        one.write_text("y")
        one.chmod(0)
        for sources in ((closed,), (one,), (closed, one)):
            with pytest.raises(EngineError, match=str(sources[-1])) as failure:
                site.back_up(*sources)
            assert failure.value.code == "SOURCE_UNREADABLE"
            assert (site.own_files(), site.snapshots()) == (set(), 0)
        done = site.back_up(site.source, closed)
        assert (done.files, done.skipped) == (1, 1)
        assert "SOURCE_UNREADABLE" in site.codes()
        closed.chmod(0o700)


@pytest.mark.logs_warnings
def test_a_wrong_password(site: ResticSite) -> None:
    (site.source / "a").write_text("x")
    site.back_up()
    key = site.root / "secrets/restic.key"
    right = key.read_text()
    key.write_text("wrong")
    with pytest.raises(EngineError, match=LABEL) as failure:
        site.back_up()
    assert failure.value.code == "KEY_REFUSED"
    assert site.engine.present(site.chain) == {site.chain[0].name}, "it is all there"
    with pytest.raises(EngineError) as failure:
        site.restore(site.root / "target")
    assert failure.value.code == "KEY_REFUSED"
    key.write_text(right)
    assert site.restore(site.root / "target").files == 1
    own = {site.chain[0].name + suffix for suffix in (".db", f".{LABEL}.restic")}
    assert len(site.own_files() - own) == 1, "what may be in the repository is looked for later"
    site.engine.sweep(LABEL, set)
    assert (site.own_files(), site.snapshots()) == (own, PER_SAVESET)


@pytest.mark.parametrize("spoil", ["gone", "open"])
def test_a_key_file_that_cannot_be_used(site: ResticSite, spoil: str) -> None:
    key = site.root / "secrets/restic.key"
    key.chmod(0o640) if spoil == "open" else key.unlink()
    with pytest.raises(EngineError, match=r"restic\.key") as failure:
        site.back_up()
    assert failure.value.code == "SECRET_UNUSABLE"


def test_no_secret_is_seen_by_other_users(site: ResticSite, big: Path) -> None:
    """What a process was called with everybody may read."""
    seen: list[bytes] = []

    def look() -> None:
        seen.extend(Path(f"/proc/{pid}/cmdline").read_bytes() for pid in restics(site.root))

    with while_read(site, big, look):
        site.back_up()
    password = (site.root / "secrets/restic.key").read_bytes().strip()
    assert seen
    assert not any(password in words for words in seen)


@pytest.mark.logs_warnings
def test_a_medium_that_goes_while_it_is_written(site: ResticSite, big: Path) -> None:
    away = site.root / "away"
    with (
        pytest.raises(EngineError, match="Is it mounted") as failure,
        while_read(site, big, lambda: unmount(site.medium, away)),
    ):
        site.back_up()
    assert failure.value.code == "STORE_MISSING"
    shutil.rmtree(site.medium, ignore_errors=True)
    away.rename(site.medium)
    site.engine.sweep(LABEL, set)
    assert (site.own_files(), site.snapshots(), site.locks()) == (set(), 0, 0)


def unmount(medium: Path, away: Path) -> None:
    """Leaves an empty directory that cannot be written."""
    medium.rename(away)
    medium.mkdir()


def test_a_repository_that_another_work_holds(site: ResticSite) -> None:
    """Of another machine: nobody here can know whether it still lives."""
    (site.source / "a").write_text("x")
    site.back_up()
    control = FakeControl()
    with foreign_lock(site):
        events = site.engine.backup(site.request(), control)
        while not is_progress(next(events), Phase.TRANSFER):
            pass
        timer = threading.Timer(2.0, control.cancel)
        timer.start()
        with pytest.raises(Cancelled):
            list(events)
        timer.join()
    assert site.back_up().files == 0


@contextmanager
def foreign_lock(site: ResticSite) -> Iterator[None]:
    """Held by a prune that stands still; it counts as alive as long as its process does."""
    with foreign_lock_of(site.medium, site.root / "secrets/restic.key"):
        yield


@contextmanager
def foreign_lock_of(medium: Path, key: Path) -> Iterator[None]:
    environment = {
        "RESTIC_REPOSITORY": str(medium),
        "RESTIC_PASSWORD_FILE": str(key),
        "RESTIC_CACHE_DIR": str(key.parent.parent / "tmp/restic"),
        "PATH": os.environ["PATH"],
    }
    process = _stopped_prune(medium / "locks", environment)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)
        process.wait()


def _stopped_prune(locks: Path, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    def is_locked() -> bool:
        return any("-tmp-" not in path.name for path in locks.iterdir())

    while True:
        process = subprocess.Popen(["restic", "prune"], env=environment, stdout=subprocess.DEVNULL)
        while process.poll() is None and not is_locked():
            pass
        process.send_signal(signal.SIGSTOP)
        if is_locked():
            return process
        process.kill()
        process.wait()


@only_mounting
def test_a_full_medium(site: ResticSite, big: Path) -> None:
    driver = [sys.executable, "-m", "tests.agent.restic.driver", "full", str(site.root)]
    ended = subprocess.run(
        ["unshare", "--mount", *driver], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    answer = json.loads(ended.stdout)
    assert answer["code"] == "NO_SPACE"
    assert "no space left" in answer["text"]
    assert answer["left"] == []
    assert answer["snapshots"] == 0


@pytest.mark.parametrize("phase", list(Phase))
def test_a_kill_of_the_agent(site: ResticSite, phase: Phase) -> None:
    (site.source / "a").write_text("x")
    site.back_up()
    driver = [sys.executable, "-m", "tests.agent.restic.driver", "backup", str(site.root)]
    name = f"SF{7:017d}@abcdefghijk"
    with subprocess.Popen(
        [*driver, name],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        while process.stdout.readline().strip() != phase.value:
            process.stdin.write("\n")
            process.stdin.flush()
        process.kill()
    wait_for(lambda: not restics(site.root), "the end of restic")
    assert site.snapshots() == PER_SAVESET + (phase is Phase.COMMIT)
    lost = SavesetRef(name, LABEL, DAY, None)
    committed = frozenset({site.chain[0].name})
    for _ in range(2):
        assert site.engine.recover([lost], committed) == [Interrupted(name, None)]
        assert (site.snapshots(), site.locks()) == (PER_SAVESET, 0)
    assert not [file for file in site.own_files() if name in file]
    [verified] = [
        event
        for event in site.engine.verify(VerifyRequest((site.chain[0],)), FakeControl())
        if isinstance(event, Verified)
    ]
    assert verified.fault == ""


def test_a_restic_that_outlives_the_agent(site: ResticSite, big: Path) -> None:
    """It would make a snapshot of which nobody knows."""
    driver = [sys.executable, "-m", "tests.agent.restic.driver", "backup", str(site.root)]
    name = f"SF{7:017d}@abcdefghijk"
    with subprocess.Popen(
        [*driver, name], cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as process:
        wait_for(lambda: bool(open_offset(big)), "restic at the file")
        (restic,) = restics(site.root)
        os.kill(restic, signal.SIGSTOP)
        process.kill()
    assert restics(site.root) == [restic]
    lost = SavesetRef(name, LABEL, DAY, None)
    assert site.engine.recover([lost], frozenset()) == [Interrupted(name, None)]
    assert (restics(site.root), site.snapshots(), site.own_files()) == ([], 0, set())


def test_verify_names_what_is_wrong(site: ResticSite) -> None:
    (site.source / "a").write_bytes(os.urandom(100_000))
    site.back_up()
    pack = max(
        (path for path in (site.medium / "data").rglob("*") if path.is_file()),
        key=lambda path: path.stat().st_size,
    )
    pack.chmod(0o600)
    content = bytearray(pack.read_bytes())
    assert verified(site) == (True, "")
    content[50_000] ^= 1
    pack.write_bytes(content)
    assert "not what was written" in verified(site)[1]
    pack.unlink()
    assert "no such file" in verified(site)[1]


def verified(site: ResticSite) -> tuple[bool, str]:
    """Whether anything was read, and what is wrong."""
    *_, last = site.engine.verify(VerifyRequest((site.chain[0],)), FakeControl())
    assert isinstance(last, Verified)
    return last.bytes_read > 100_000, last.fault


def test_a_removed_saveset_gives_its_space_back(site: ResticSite) -> None:
    def size() -> int:
        return sum(
            path.stat().st_size for path in (site.medium / "data").rglob("*") if path.is_file()
        )

    for content in (os.urandom(8 << 20), b"small"):
        (site.source / "a").write_bytes(content)
        site.back_up()
    before = size()
    old = replace(site.chain[1])
    assert site.engine.remove([old]) == [old.name]
    assert size() < before - (7 << 20)
    assert site.engine.present(site.chain) == {site.chain[0].name}
    site.engine._places.repository(LABEL).tidy(FakeControl(), 60.0)
    assert verified(site)[1] == ""


@pytest.mark.parametrize(
    ("number", "blamed"),
    [(errno.EACCES, False), (errno.ESTALE, False), (errno.EMFILE, False), (errno.EIO, True)],
)
def test_a_base_that_cannot_be_read_just_now_is_not_blamed(
    site: ResticSite, monkeypatch: pytest.MonkeyPatch, number: int, blamed: bool
) -> None:
    """It may be whole: another backup is made, and no saveset is called damaged."""
    site.back_up()
    [base] = site.chain

    def refuse(path: Path) -> description.Description:
        raise OSError(number, os.strerror(number), os.fspath(path))

    monkeypatch.setattr(description, "read", refuse)
    with pytest.raises(EngineError, match=f"saveset {base.name} cannot be built on") as failure:
        site.back_up()
    expected = ("BASE_DAMAGED", base.name if blamed else "")
    assert (failure.value.code, failure.value.saveset) == expected
