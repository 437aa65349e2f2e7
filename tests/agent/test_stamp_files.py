"""Time stamps of tasks as files."""

import os
from pathlib import Path

import pytest

from server_agent.adapters.stamp_files import StampFiles
from server_agent.ports.stamps import Stamp, StampKind, Stamps
from tests.fakes.stamps import FakeStamps

FULL = Stamp("SF20260304130000000@abcdefghijk", 1_700_000_000_123_456_789)
INC = Stamp("SI20260304140000000@abcdefghijk", 1_700_000_001_000_000_000)


@pytest.fixture(params=["fake", "files"])
def stamps(request: pytest.FixtureRequest, tmp_path: Path) -> Stamps:
    return FakeStamps() if request.param == "fake" else StampFiles(tmp_path / "var/stamps")


def test_one_of_each_kind_for_each_task(stamps: Stamps) -> None:
    assert stamps.read("docs", StampKind.FULL) is None
    stamps.write("docs", StampKind.FULL, FULL)
    stamps.write("docs", StampKind.LAST, INC)
    stamps.write("other", StampKind.LAST, FULL)
    assert stamps.read("docs", StampKind.FULL) == FULL
    assert stamps.read("docs", StampKind.LAST) == INC
    assert stamps.read("docs", StampKind.CLEARED) is None
    assert stamps.read("other", StampKind.FULL) is None
    stamps.write("docs", StampKind.FULL, INC)
    assert stamps.read("docs", StampKind.FULL) == INC
    assert stamps.read("other", StampKind.LAST) == FULL


def test_they_go_with_their_task(stamps: Stamps) -> None:
    for task in ("docs", "other"):
        for kind in StampKind:
            stamps.write(task, kind, FULL)
    for _ in range(2):
        stamps.forget("docs")
    assert [stamps.read("docs", kind) for kind in StampKind] == [None, None, None]
    assert [stamps.read("other", kind) for kind in StampKind] == [FULL, FULL, FULL]


def test_names_that_look_alike_in_a_file_name(stamps: Stamps) -> None:
    names = ["a b", "a_b", "a:b", "ü" * 128, "ü" * 127 + "u"]
    for number, name in enumerate(names):
        stamps.write(name, StampKind.LAST, Stamp(FULL.saveset, number))
    for number, name in enumerate(names):
        assert stamps.read(name, StampKind.LAST) == Stamp(FULL.saveset, number)


def test_the_time_of_the_file_is_the_stamp(tmp_path: Path) -> None:
    stamps = StampFiles(tmp_path)
    stamps.write("docs", StampKind.LAST, FULL)
    [file] = tmp_path.iterdir()
    assert file.name.startswith("docs-")
    assert file.stat().st_mtime_ns == FULL.moment_ns
    os.utime(file, ns=(5, 5))  # as an administrator may
    assert stamps.read("docs", StampKind.LAST) == Stamp(FULL.saveset, 5)


@pytest.mark.parametrize("content", [b"", b"rubbish", b"\xff" * 500])
def test_a_file_of_something_else_is_no_stamp(tmp_path: Path, content: bytes) -> None:
    stamps = StampFiles(tmp_path)
    stamps.write("docs", StampKind.LAST, FULL)
    stamps.file("docs", StampKind.LAST).write_bytes(content)
    assert stamps.read("docs", StampKind.LAST) is None
