"""Files that change between the scan and the end of the reading: what was read is compared with
what was found, and only a change of the size may be accepted."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from server_agent.domain.jobs import JobState, Level
from server_agent.domain.task_options import TaskOptions
from server_agent.ports import BackupDone, Message
from server_agent.service.plan import message_of, state_of
from tests.agent.tar.site import Probe, Site, at, open_offset, unprivileged
from tests.agent.tar.test_fidelity import make_socket
from tests.agent.tar.test_imperfect import BIG_BYTES

ACCEPTED = TaskOptions(accept_size_change=("nowhere", r"/big$"))
OTHERS = TaskOptions(accept_size_change=(r"^big", r"/big.$", "bigger"))
N_OF_M = "1 of 2 files were not saved whole"


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def replace(path: Path) -> None:
    path.with_name("new").write_bytes(b"another" * 100)
    path.with_name("new").rename(path)


def replace_alike(path: Path) -> None:
    path.with_name("new").write_bytes(os.urandom(path.stat().st_size))
    path.with_name("new").rename(path)


def replace_by_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("small")


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"other")


def after_scan(site: Site, change: Callable[[Path], None]) -> BackupDone:
    """The message about a socket comes between the scan and the reading."""
    big = prepared(site)
    make_socket(site.source)

    def on_event(event: object) -> None:
        if isinstance(event, Message) and event.code == "SOCKET":
            change(big)

    return site.back_up(on_event=on_event)


def while_read(site: Site, change: Callable[[Path], None]) -> BackupDone:
    big = prepared(site)
    begun: list[int] = []

    def look() -> None:
        if not begun and open_offset(big):
            begun.append(1)
            change(big)

    done = site.back_up(control=Probe(look))
    assert begun, "it was never seen while it was read"
    return done


def prepared(site: Site) -> Path:
    (site.source / "small").write_text("x")
    (site.source / "big").write_bytes(os.urandom(BIG_BYTES))
    return site.source / "big"


def warnings(site: Site) -> list[str]:
    return [message.code for message in site.messages if message.level is Level.WARNING]


FATES = [
    (after_scan, cut, "CHANGED_BEFORE_READ", True),
    (after_scan, grow, "CHANGED_BEFORE_READ", True),
    (after_scan, replace, "REPLACED", False),
    (after_scan, replace_alike, "REPLACED", False),
    (after_scan, replace_by_link, "NOT_SAVED", False),
    (after_scan, Path.unlink, "VANISHED", False),
    (while_read, cut, "CUT_WHILE_READ", True),
    (while_read, grow, "CHANGED_WHILE_READ", True),
    (while_read, replace, "CHANGED_WHILE_READ", False),
    (while_read, Path.unlink, "CHANGED_WHILE_READ", False),
    (while_read, overwrite, "CHANGED_WHILE_READ", False),
]


@pytest.mark.parametrize("options", [TaskOptions(), OTHERS])
@pytest.mark.parametrize(("when", "change", "code", "can_be_accepted"), FATES)
def test_it_is_never_green(
    site: Site,
    when: Callable[[Site, Callable[[Path], None]], BackupDone],
    change: Callable[[Path], None],
    code: str,
    can_be_accepted: bool,
    options: TaskOptions,
) -> None:
    site.options = options
    done = when(site, change)
    assert code in warnings(site)
    assert done.skipped == 1
    assert state_of(done, ()) is JobState.WARNING
    assert message_of(done, ()) == N_OF_M


@pytest.mark.parametrize(("when", "change", "code", "can_be_accepted"), FATES)
def test_what_can_be_accepted(
    site: Site,
    when: Callable[[Site, Callable[[Path], None]], BackupDone],
    change: Callable[[Path], None],
    code: str,
    can_be_accepted: bool,
) -> None:
    site.options = ACCEPTED
    done = when(site, change)
    if can_be_accepted:
        assert (done.files, done.skipped, warnings(site)) == (2, 0, [])
        assert state_of(done, ()) is JobState.OK
        said = [message for message in site.messages if message.code != "SOCKET"]
        assert [(message.level, message.code) for message in said] == [
            (Level.INFO, "SIZE_ACCEPTED")
        ]
        assert "which the task accepts" in said[0].text
    else:
        assert code in warnings(site)
        assert message_of(done, ()) == N_OF_M
        assert state_of(done, ()) is JobState.WARNING


@pytest.mark.parametrize("options", [TaskOptions(), ACCEPTED])
@pytest.mark.parametrize("when", [after_scan, while_read])
@pytest.mark.parametrize("change", [cut, grow])
def test_what_was_read_is_kept(
    site: Site,
    tmp_path: Path,
    when: Callable[[Site, Callable[[Path], None]], BackupDone],
    change: Callable[[Path], None],
    options: TaskOptions,
) -> None:
    """The listing says what a restore brings back, and the next backup saves the file again."""
    site.options = options
    done = when(site, change)
    site.restore(tmp_path / "target")
    back = (at(tmp_path / "target", site.source) / "big").read_bytes()
    now = (site.source / "big").read_bytes()
    size = BIG_BYTES if when is while_read else len(now)
    assert len(back) == size
    assert done.bytes_read == done.listed_bytes == size + 1
    whole = min(len(now), size)
    assert back[:whole] == now[:whole]
    again = site.back_up()
    assert (again.files, again.skipped) == (1, 0)
    assert site.back_up().files == 0


def test_a_file_that_is_rewritten_before_it_is_read_is_whole(site: Site, tmp_path: Path) -> None:
    done = after_scan(site, overwrite)
    assert (done.skipped, warnings(site)) == (0, [])
    site.restore(tmp_path / "target")
    restored = at(tmp_path / "target", site.source) / "big"
    assert restored.read_bytes() == (site.source / "big").read_bytes()
    assert restored.stat().st_mtime_ns == (site.source / "big").stat().st_mtime_ns


def test_a_file_that_cannot_be_read_is_not_accepted(open_site: Site) -> None:
    site = open_site
    with unprivileged():
        prepared(site).chmod(0)
        site.options = ACCEPTED
        done = site.back_up()
    assert (done.skipped, warnings(site)) == (1, ["UNREADABLE"])


def test_an_end_of_a_line_in_a_name_is_no_end_of_a_path(site: Site) -> None:
    prepared(site)
    name = site.source / "big\nx"
    (site.source / "big").rename(name)
    make_socket(site.source)
    site.options = ACCEPTED

    def on_event(event: object) -> None:
        if isinstance(event, Message) and event.code == "SOCKET":
            grow(name)

    assert site.back_up(on_event=on_event).skipped == 1
