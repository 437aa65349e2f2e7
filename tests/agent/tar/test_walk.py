"""The headers of tar's stream, however it is cut into pieces: what each member is, and where."""

import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from server_agent.adapters.tar.transfer import TAR_CREATE
from server_agent.adapters.tar.walk import Walk
from server_agent.ports import EngineError

HUGE_BYTES = 9 << 30  # more than the size field of a header can say


def stream_of(directory: Path, *names: str) -> bytes:
    command = [*TAR_CREATE, f"--directory={directory}", "--files-from=-"]
    listed = b"".join(os.fsencode(name) + b"\0" for name in names)
    environment = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.environ["PATH"]}
    made = subprocess.run(command, input=listed, stdout=subprocess.PIPE, env=environment)
    assert made.returncode == 0
    return made.stdout


NAMES = ("empty", "block", "more", "second", "link", "pipe", "holes")


def tree(top: Path) -> bytes:
    (top / ("long" * 60)).mkdir()
    (top / ("long" * 60) / ("name" * 60)).write_bytes(b"x" * 511)
    (top / "empty").touch()
    (top / "block").write_bytes(b"x" * 512)
    (top / "more").write_bytes(b"x" * 513)
    os.utime(top / "more", ns=(0, 1_500_000_000_000_000_000))
    os.utime(top / "block", ns=(0, -1_500_000_000))
    os.link(top / "block", top / "second")
    (top / "link").symlink_to("block")
    os.mkfifo(top / "pipe")
    with (top / "holes").open("wb") as file:
        file.truncate(HUGE_BYTES)
        file.seek(1 << 20)
        file.write(b"data")
    return stream_of(top, "long" * 60, "long" * 60 + "/" + "name" * 60, *NAMES)


@pytest.mark.parametrize("piece", [1 << 20, 65_536, 4096, 1000, 511, 77])
def test_what_tar_has_saved(tmp_path: Path, piece: int) -> None:
    stream = tree(tmp_path)
    walk = Walk.from_byte(0)
    members = []
    for begin in range(0, len(stream), piece):
        walk.take(memoryview(stream)[begin : begin + piece])
        members += walk.passed()
    assert [member[2:4] for member in members] == [
        ("d", None),
        ("f", 511),
        ("f", 0),
        ("f", 512),
        ("f", 513),
        (None, None),
        ("l", None),
        ("p", None),
        ("f", HUGE_BYTES),
    ]
    times = [time for _, _, kind, _, time, *_ in members if kind == "f"]
    files = [tmp_path / ("long" * 60) / ("name" * 60)]
    files += [tmp_path / name for name in ("empty", "block", "more", "holes")]
    assert times == [file.stat().st_mtime_ns for file in files]
    directory = os.fsencode("long" * 60)
    keys = [(b"", 0, directory), (b"/" + directory, 1, b"name" * 60)]
    assert [member[5:] for member in members] == keys + [(b"", 1, os.fsencode(n)) for n in NAMES]
    ends = [(block + blocks) * 512 for block, blocks, *_ in members]
    assert [block * 512 for block, *_ in members] == [0, *ends[:-1]]
    assert ends[-1] == walk.end
    assert not bytes(stream[walk.end :]).strip(b"\0")
    assert walk.is_whole


@pytest.mark.parametrize("name", ["long/" * 40 + "n" * 100, "n" * 100, "l" * 90 + "/" + "n" * 99])
def test_names_in_two_parts(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).touch()
    walk = Walk.from_byte(0)
    walk.take(memoryview(stream_of(tmp_path, name)))
    directory, _, last = os.fsencode("/" + name).rpartition(b"/")
    assert [member[5:] for member in walk.passed()] == [(directory, 1, last)]


def test_a_member_that_is_cut(tmp_path: Path) -> None:
    (tmp_path / "first").write_bytes(b"x" * 2000)
    (tmp_path / "second").write_bytes(b"x" * 2000)
    stream = stream_of(tmp_path, "first", "second")
    walk = Walk.from_byte(0)
    walk.take(memoryview(stream)[: 2 * 3584 - 512])
    assert [member[-1] for member in walk.passed()] == [b"first"]
    assert walk.begun == 3584 - 512
    assert not walk.is_whole
    walk.take(memoryview(stream)[2 * 3584 - 512 :])
    assert [member[-1] for member in walk.passed()] == [b"second"]
    assert walk.begun == 0
    assert walk.is_whole


@pytest.mark.parametrize("size", [0, 1, 512, 513, (8 << 30) - 1, 8 << 30, 1 << 45])
def test_how_long_a_member_is(size: int) -> None:
    """Sizes from 8 GiB on do not fit their field."""
    member = tarfile.TarInfo("x" * 300)
    member.size = size
    headers = member.tobuf(tarfile.PAX_FORMAT)
    for cut in (511, 600, len(headers) - 1):
        walk = Walk.from_byte(0)
        walk.take(memoryview(headers)[:cut])
        assert walk.end == 0
        walk.take(memoryview(headers)[cut:])
        assert walk.end == len(headers) + -(-size // 512) * 512


def test_a_stream_that_begins_later(tmp_path: Path) -> None:
    stream = tree(tmp_path)
    first, later = Walk.from_byte(0), Walk.from_byte(5120)
    first.take(memoryview(stream))
    later.take(memoryview(stream))
    assert [(block + 10, *rest) for block, *rest in first.passed()] == later.passed()


def test_what_is_no_tar() -> None:
    with pytest.raises(EngineError) as failure:
        Walk.from_byte(0).take(memoryview(b"no header " * 200))
    assert failure.value.code == "TAR_FAILED"


@pytest.mark.parametrize("lie", [b"20 size=99", b"30 GNU.sparse.realsize=99", b"20 mtime=1.5"])
def test_a_name_that_looks_like_records(tmp_path: Path, lie: bytes) -> None:
    name = os.fsdecode(b"\xc3\xa9 \n" + lie + b"\n" + b"x" * 100)
    (tmp_path / name).write_bytes(b"x" * 1000)
    walk = Walk.from_byte(0)
    stream = stream_of(tmp_path, name)
    walk.take(memoryview(stream))
    [member] = walk.passed()
    assert member[2:5] == ("f", 1000, (tmp_path / name).stat().st_mtime_ns)
    assert member[5:] == (b"", 1, os.fsencode(name))
    assert walk.is_whole
