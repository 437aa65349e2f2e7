"""Labels, the usual pool, and which drives a pool is written by."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.jobs import Job, JobKind
from server_agent.domain.media import (
    DataStore,
    MediaPool,
    checked_pool,
    checked_store,
    next_label,
    pool_of,
    usual_pool,
)
from server_agent.domain.queue import Drive, Waiting, admit
from server_agent.domain.task_options import MOST_EXPRESSIONS, TaskOptions, checked_options
from tests.fakes.records import JOB

DISK, WEEK = MediaPool("DISK", "Drives"), MediaPool("WEEK", "Tapes")
DRIVES = (Drive("D1", 1), Drive("D2", 1), Drive("T1", 1, group="Tapes"))


def test_labels_are_numbered_on_in_each_pool() -> None:
    labels = frozenset({"DISK00001", "DISK00007", "DISK2", "DISK1200003", "WEEK00009"})
    assert next_label("DISK", labels) == "DISK00008"
    assert next_label("DISK12", labels) == "DISK1200004"
    assert next_label("DAY", labels) == "DAY00001"
    assert next_label("WEEK", labels) == "WEEK00010"
    with pytest.raises(InvalidArgument):
        next_label("DISK", frozenset({"DISK99999"}))


@given(st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,20}\Z"), st.integers(1, 99_998))
def test_a_label_says_its_pool(name: str, number: int) -> None:
    pool = MediaPool(name, "Drives")
    try:
        checked_pool(pool)
    except InvalidArgument:
        return  # it ends in five digits
    label = next_label(name, frozenset({f"{name}{number:05d}"}))
    assert (pool_of(label), label) == (name, f"{name}{number + 1:05d}")


def test_the_usual_pool() -> None:
    other = MediaPool("A", "Drives")
    assert usual_pool([]) is None
    assert usual_pool([WEEK]) == WEEK
    assert usual_pool([other, DISK, WEEK]) == DISK
    assert usual_pool([other, WEEK]) is None


def test_a_path_is_kept_without_its_last_slash() -> None:
    assert checked_store(DataStore("S", b"/srv/a//")).path == b"/srv/a"


def queued(number: int, pool: str = "", drive: str = "", task: str = "") -> Job:
    return replace(JOB, id=str(number), task=task or f"t{number}", pool=pool, drive=drive)


def placed(*jobs: Job, drives: tuple[Drive, ...] = DRIVES) -> tuple[dict[str, str], object]:
    found = admit(jobs, (), drives, (DISK, WEEK))
    return {job.id: job.drive for job in found.started}, found.waiting


def test_a_backup_takes_a_drive_of_its_pool() -> None:
    started, waiting = placed(queued(1, "WEEK"), queued(2, "WEEK"), queued(3), queued(4, "DISK"))
    assert started == {"1": "T1", "3": "D2", "4": "D1"}
    assert waiting == {"2": Waiting(group="Tapes")}


def test_a_named_drive_counts_more_than_the_group() -> None:
    assert placed(queued(1, "WEEK", "D1")) == ({"1": "D1"}, {})


def test_a_restore_takes_any_drive() -> None:
    restores = [replace(queued(n), kind=JobKind.RESTORE) for n in (1, 2, 3)]
    verify = replace(queued(4), kind=JobKind.VERIFY)
    started, waiting = placed(*restores, verify)
    assert set(started.values()) == {"D1", "D2", "T1"}
    assert waiting == {"4": Waiting()}


def test_without_drives_of_the_group_no_other_is_taken() -> None:
    started, waiting = placed(queued(1, "WEEK"), drives=DRIVES[:2])
    assert (started, waiting) == ({}, {"1": Waiting(group="Tapes")})
    off = replace(DRIVES[2], active=False)
    assert placed(queued(1, "WEEK"), drives=(DRIVES[0], off))[0] == {}
    busy = placed(queued(1), queued(2), drives=DRIVES[:1])
    assert busy == ({"1": "D1"}, {"2": Waiting()})


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (TaskOptions(exclude_file=b"etc/excludes"), "exclude_file"),
        (TaskOptions(exclude_file=b"/etc/\0"), "exclude_file"),
        (TaskOptions(accept_size_change=("(",)), "accept_size_change"),
        (TaskOptions(accept_size_change=("",)), "accept_size_change"),
        (TaskOptions(accept_size_change=("a\0",)), "accept_size_change"),
        (TaskOptions(accept_size_change=("a",) * (MOST_EXPRESSIONS + 1)), "accept_size_change"),
    ],
)
def test_options_that_no_task_can_have(options: TaskOptions, field: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        checked_options(options)
    assert refused.value.metadata["field"] == field
    assert checked_options(TaskOptions(exclude_file=b"/etc/\xff")).exclude_file == b"/etc/\xff"
