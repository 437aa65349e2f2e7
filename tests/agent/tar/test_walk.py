"""The headers of tar's stream, however it is cut into pieces."""

import os
import subprocess
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
    names = ("empty", "block", "more", "second", "link", "pipe", "holes")
    return stream_of(top, "long" * 60, "long" * 60 + "/" + "name" * 60, *names)


@pytest.mark.parametrize("piece", [1 << 20, 65_536, 4096, 1000, 511, 77])
def test_what_tar_has_saved(tmp_path: Path, piece: int) -> None:
    stream = tree(tmp_path)
    walk = Walk.from_byte(0)
    for begin in range(0, len(stream), piece):
        walk.take(memoryview(stream)[begin : begin + piece])
    kinds = [(kind, size) for kind, size, _ in walk.read.values()]
    assert kinds == [
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
    times = [time for kind, _, time in walk.read.values() if kind == "f"]
    files = [tmp_path / ("long" * 60) / ("name" * 60)]
    files += [tmp_path / name for name in ("empty", "block", "more", "holes")]
    assert times == [file.stat().st_mtime_ns for file in files]
    assert walk.reached * 512 == len(stream)


def test_a_stream_that_begins_later(tmp_path: Path) -> None:
    stream = tree(tmp_path)
    first, later = Walk.from_byte(0), Walk.from_byte(5120)
    first.take(memoryview(stream))
    later.take(memoryview(stream))
    assert {block + 10: read for block, read in first.read.items()} == later.read


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
    assert list(walk.read.values()) == [("f", 1000, (tmp_path / name).stat().st_mtime_ns)]
    assert walk.reached * 512 == len(stream)
