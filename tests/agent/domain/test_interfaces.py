"""What interface programs are told, and what their answers mean."""

from datetime import UTC, datetime, timedelta

import pytest

from server_agent.domain.interfaces import (
    BackupFacts,
    Verdict,
    is_self_backup,
    is_status,
    joined,
    medium_alarm_time,
    parts,
    post_arguments,
    pre_arguments,
    verdict,
)
from server_agent.domain.savesets import BackupType

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
FACTS = BackupFacts(
    sources=(b"/srv/data", b"/etc"),
    server="backup-01",
    task="docs",
    drive="Drive_1",
    type=BackupType.INC,
    count=3,
    saveset="SI20260304130000000@9DdOQVSaem6",
    label="DISK00001",
    pool="DISK",
    schedule="nightly",
)


def test_the_ten_arguments_of_pre() -> None:
    assert pre_arguments(FACTS) == (
        "/srv/data,/etc",
        "backup-01",
        "docs",
        "Drive_1",
        "incremental",
        "3",
        "SI20260304130000000@9DdOQVSaem6",
        "DISK00001",
        "DISK",
        "nightly",
    )


@pytest.mark.parametrize(("is_ok", "status"), [(True, "1"), (False, "0")])
def test_the_twelve_arguments_of_post(is_ok: bool, status: str) -> None:
    assert post_arguments(FACTS, is_ok, "2 files\0 were not saved") == (
        "/srv/data,/etc",
        "backup-01",
        "docs",
        "Drive_1",
        "I",
        status,
        "2 files were not saved",
        "3",
        "SI20260304130000000@9DdOQVSaem6",
        "DISK00001",
        "DISK",
        "nightly",
    )


@pytest.mark.parametrize("sources", [(b"/a",), (b"/a,b", b"/c\\d", b"/\xff\n"), (b"/\\,",)])
def test_sources_come_back_from_an_argument(sources: tuple[bytes, ...]) -> None:
    assert parts(joined(sources).encode("utf-8", "surrogateescape")) == sources


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"STATUS:OK", Verdict(True)),
        (b"STATUS: OK", Verdict(True)),
        (b"STATUS:OK all is prepared", Verdict(True)),
        (b"STATUS:OK BACKUP_SRC=/mnt/snap", Verdict(True, "", (b"/mnt/snap",))),
        (b"STATUS:OK, BACKUP_SRC=/mnt/a b,/\xff/", Verdict(True, "", (b"/mnt/a b", b"/\xff"))),
        (b"STATUS:BACKUP_SRC=/mnt/snap", Verdict(True, "", (b"/mnt/snap",))),
        (b"STATUS:ERROR no such database", Verdict(False, "p reported an error: no such database")),
        (b"STATUS:ERROR", Verdict(False, "p reported an error: it gave no reason")),
        (
            b"STATUS:ERROR BACKUP_SRC=/mnt/snap",
            Verdict(False, "p reported an error: BACKUP_SRC=/mnt/snap"),
        ),
    ],
)
def test_answers(line: bytes, expected: Verdict) -> None:
    assert is_status(line)
    assert verdict("p", line, 0) == expected


@pytest.mark.parametrize("line", [b"STATUS:", b"STATUS:ok", b"STATUS:OKAY", b"STATUS:ERRORS 3"])
def test_an_answer_that_is_none(line: bytes) -> None:
    said = verdict("p", line, 0)
    assert not said.is_ok
    assert said.text == f"p wrote {line.decode()}; STATUS:OK or STATUS:ERROR was expected"


def test_no_answer_is_an_error_that_says_so() -> None:
    assert verdict("p", None, 0) == Verdict(
        False, "p wrote no line STATUS:OK or STATUS:ERROR with a reason"
    )
    assert verdict("p", None, 127).text.endswith(" with a reason and ended with status 127")
    assert not is_status(b" STATUS:OK")
    assert not is_status(b"echo STATUS:OK")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "at least one path"),
        (b"snap", "an absolute path"),
        (b"/a,/a/b", "not inside another source"),
        (b"/a/../b", "an absolute path without"),
    ],
)
def test_sources_that_cannot_be_saved(value: bytes, reason: str) -> None:
    said = verdict("p", b"STATUS:OK BACKUP_SRC=" + value, 0)
    assert not said.is_ok
    assert said.sources == ()
    assert said.text.startswith("p gave BACKUP_SRC=")
    assert reason in said.text


def test_one_that_was_killed_has_said_nothing() -> None:
    assert verdict("p", b"STATUS:OK", -9) == Verdict(False, "p was killed by signal 9")


def test_an_exit_status_beside_an_answer_is_told() -> None:
    said = verdict("p", b"STATUS:OK BACKUP_SRC=/a", 3)
    assert said == Verdict(True, "p answered STATUS:OK but ended with status 3", (b"/a",))


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("SESAM_BACKUP", True),
        ("my-sesam", True),
        ("Disaster", True),
        ("docs", False),
        ("sesa", False),
    ],
)
def test_which_task_saves_the_location(task: str, expected: bool) -> None:
    assert is_self_backup(task) is expected


@pytest.mark.parametrize(("drives", "minutes"), [(1, 15), (2, 0), (8, 0)])
def test_the_alarm_for_a_medium_waits_for_an_administrator(drives: int, minutes: int) -> None:
    assert medium_alarm_time(NOW, drives) == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "said", [b"backup_src=/mnt/snap", b"BACKUP_SRC /mnt/snap", b"Backup-Src=/mnt/snap"]
)
def test_other_sources_that_are_nearly_named_are_not_passed_over(said: bytes) -> None:
    found = verdict("p", b"STATUS:OK " + said, 0)
    assert found == Verdict(False, f"p wrote {said.decode()}; BACKUP_SRC=PATH was expected")
