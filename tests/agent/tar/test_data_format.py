"""The data file is what the Zstandard Seekable Format says, and zstd and tar read it by hand."""

import json
import os
import struct
import subprocess
import tarfile
from pathlib import Path

import pytest
import zstandard
from blake3 import blake3

from server_agent.adapters.tar import seek_table
from server_agent.adapters.tar.seek_table import Frames, SeekTableError
from server_agent.adapters.tar.stream import FRAME_BYTES
from server_agent.ports import EngineError
from tests.agent.tar.site import Site, at
from tests.agent.tar.test_fidelity import make_special_tree
from tests.agent.tar.trees import differences, picture


@pytest.fixture
def three_frames(site: Site) -> Site:
    """A saveset of three frames: 8.5 MB of noise and a few small files."""
    (site.source / "a").write_text("small, first frame")
    (site.source / "noise").write_bytes(os.urandom(2 * FRAME_BYTES + 100_000))
    (site.source / "z").write_text("small, last frame")
    site.back_up()
    return site


def test_the_seek_table_byte_by_byte(three_frames: Site) -> None:
    """Against the format's own text, with other means than the ones that wrote it."""
    content = three_frames.data().read_bytes()
    count, descriptor, magic = struct.unpack("<IBI", content[-9:])
    assert (count, descriptor, magic) == (3, 0, 0x8F92EAB1)
    table = content[-(8 + 3 * 8 + 9) :]
    assert struct.unpack("<II", table[:8]) == (0x184D2A5E, 3 * 8 + 9)
    position = 0
    for number in range(3):
        stored, raw = struct.unpack_from("<II", table, 8 + number * 8)
        frame = content[position : position + stored]
        parameters = zstandard.get_frame_parameters(frame)
        assert (parameters.content_size, parameters.has_checksum) == (raw, True)
        assert len(zstandard.ZstdDecompressor().decompress(frame)) == raw
        assert raw == FRAME_BYTES or number == 2
        position += stored
    assert position == len(content) - len(table)


def test_a_full_is_restored_by_hand(site: Site, tmp_path: Path) -> None:
    make_special_tree(site.source)
    site.back_up()
    target = tmp_path / "by hand"
    target.mkdir()
    by_hand(site.data(), target)
    assert differences(picture(site.source), picture(at(target, site.source))) == []


def make_last(kind: str, last: Path) -> None:
    """The last entry of a source, which ends its archive."""
    if kind == "link":
        last.symlink_to("somewhere")
    elif kind == "hard link":
        os.link(last.with_name("first"), last)
    elif kind == "sparse":
        with last.open("wb") as file:
            file.truncate(20_000_000)
            file.seek(5_000_000)
            file.write(b"middle")
    elif kind == "long name":
        last.with_name("z" * 250).write_bytes(bytes(700))
        os.setxattr(last.with_name("z" * 250), "user.note", b"x" * 3000)
    else:
        last.write_bytes(bytes(int(kind)))


@pytest.mark.parametrize(
    "kind",
    [
        *("link", "hard link", "sparse", "long name", "0", "1", "511", "5632", "6144", "60000"),
        *("65536", "1000000", str(2 * FRAME_BYTES - 10240), str(3 * FRAME_BYTES)),
    ],
)
def test_the_stream_ends_with_what_tar_reads(site: Site, tmp_path: Path, kind: str) -> None:
    """Zeros of a file are not zeros of the end. With more behind the end, tar would go away from a
    zstd that has not said all."""
    (site.source / "first").write_text("x")
    make_last(kind, site.source / "z")
    site.back_up()
    stream = subprocess.run(["zstd", "-dc", site.data()], capture_output=True, check=True).stdout
    archive = tmp_path / "archive.tar"
    archive.write_bytes(stream)
    with tarfile.open(archive) as members:
        members.getmembers()
        end = members.offset  # of the two blocks of zeros
    assert len(stream) == -(-(end + 1024) // 10240) * 10240
    assert not stream[end:].strip(b"\0")
    site.restore(tmp_path / "target")
    assert differences(picture(site.source), picture(at(tmp_path / "target", site.source))) == []


def by_hand(data: Path, target: Path) -> None:
    command = (
        "set -o pipefail; zstd -dc \"$1\" | tar -x --acls --xattrs --xattrs-include='*'"
        ' --numeric-owner --same-permissions --delay-directory-restore -C "$2"'
    )
    subprocess.run(["bash", "-c", command, "bash", data, target], check=True)


def test_the_description_tells_what_the_files_are(three_frames: Site) -> None:
    data = three_frames.data()
    content = json.loads(data.with_name(data.name + ".idx").read_text("ascii"))
    assert (content["format"], content["engine"], content["type"]) == (1, "tar", "F")
    assert content["saveset"] == data.name
    assert content["base"] is None
    assert content["sources"] == [str(three_frames.source)]
    assert content["facts"]["task"] == "t"
    assert content["result"]["files"] == 3
    assert content["listing"] == {
        "size": three_frames.listing().stat().st_size,
        "blake3": blake3(three_frames.listing().read_bytes()).hexdigest(),
        "shelf_size": data.with_name(f"{data.name}.lis.zst").stat().st_size,
    }
    stored = data.read_bytes()
    position = 0
    for size, raw, digest in content["frames"]:
        frame = stored[position : position + size]
        assert blake3(frame).hexdigest() == digest
        assert len(zstandard.ZstdDecompressor().decompress(frame)) == raw
        position += size
    three_frames.back_up()
    again = three_frames.data()
    content = json.loads(again.with_name(again.name + ".idx").read_text("ascii"))
    assert content["base"] == data.name


def test_a_damaged_frame_is_named_and_nothing_of_it_is_written(
    three_frames: Site, tmp_path: Path
) -> None:
    with three_frames.data().open("r+b") as file:
        file.seek(FRAME_BYTES + 1000)
        file.write(b"damage")
    with pytest.raises(EngineError, match=f"{three_frames.data().name}.*frame 1") as failure:
        three_frames.restore(tmp_path / "target")
    assert failure.value.code == "SAVESET_DAMAGED"
    restored = at(tmp_path / "target", three_frames.source)
    assert "noise" not in os.listdir(restored), "the file that was begun is gone"
    assert (restored / "z").read_text() == "small, last frame"
    told = [each.path for each in three_frames.messages if each.code == "LIES_IN_DAMAGE"]
    assert os.fsencode(three_frames.source / "noise") in told
    assert os.fsencode(three_frames.source / "z") not in told
    assert f"{len(told)} lie" in failure.value.text
    # What lies in whole frames alone is no failure.
    three_frames.restore(tmp_path / "whole", three_frames.source / "z")
    assert (at(tmp_path / "whole", three_frames.source) / "z").read_text() == "small, last frame"


def test_nothing_at_the_target_is_touched_for_a_saveset_that_is_not_there(
    three_frames: Site, tmp_path: Path
) -> None:
    restored = at(tmp_path / "target", three_frames.source)
    (restored / "a/a directory in the way").mkdir(parents=True)
    three_frames.data().unlink()
    with pytest.raises(EngineError) as failure:
        three_frames.restore(tmp_path / "target")
    assert failure.value.code == "SAVESET_MISSING"
    assert (restored / "a/a directory in the way").is_dir()


def test_a_cut_file_is_damaged(three_frames: Site, tmp_path: Path) -> None:
    with three_frames.data().open("r+b") as file:
        file.truncate(FRAME_BYTES)
    with pytest.raises(EngineError) as failure:
        three_frames.restore(tmp_path / "target")
    assert failure.value.code == "SAVESET_DAMAGED"


@pytest.mark.parametrize("content", [b"", b"{}", b'{"format": 2}', b"[]", b'{"format": 1'])
def test_a_damaged_description(three_frames: Site, tmp_path: Path, content: bytes) -> None:
    data = three_frames.data()
    data.with_name(data.name + ".idx").write_bytes(content)
    with pytest.raises(EngineError, match="description") as failure:
        three_frames.restore(tmp_path / "target")
    assert failure.value.code == "SAVESET_DAMAGED"


def test_no_change_of_a_description_is_unseen(three_frames: Site) -> None:
    """Also of what only a rebuilt catalogue reads; a restore needs none of that."""
    description = three_frames.data().with_name(three_frames.data().name + ".idx")
    written = description.read_bytes()
    assert three_frames.fault() == ""
    for old, new in (
        (b'"tar"', b'"tap"'),
        (b'"type": "F"', b'"type": "C"'),
        (b'"sesam_day": "2', b'"sesam_day": "1'),
        (b'"task": "t"', b'"task": "u"'),
        (b'"files": 3', b'"files": 1'),
    ):
        assert written.count(old) == 1
        description.write_bytes(written.replace(old, new))
        assert "not what was written" in three_frames.fault(), new


def test_seek_tables_that_are_none(tmp_path: Path) -> None:
    frames = Frames()
    frames.append(7, 100)
    frames.append(5, 50)
    table = seek_table.packed(frames)
    path = tmp_path / "file"
    path.write_bytes(bytes(12) + table)
    with path.open("rb") as file:
        assert seek_table.read(file).same_places(frames)
    for damaged in (
        b"",
        table[:10],
        bytes(12) + table[:-1],
        bytes(11) + table,
        bytes(12) + b"\0" + table[1:],
        bytes(12) + table[:-5] + b"\x80" + table[-4:],
        bytes(12) + table[:-9] + b"\xff\xff\xff\xff" + table[-5:],
    ):
        path.write_bytes(damaged)
        with path.open("rb") as file, pytest.raises(SeekTableError):
            seek_table.read(file)


def test_frames_know_where_a_byte_is() -> None:
    frames = Frames()
    for size in (10, 10, 3):
        frames.append(size // 2, size)
    assert [frames.frame_at(byte) for byte in (0, 9, 10, 19, 20, 22)] == [0, 0, 1, 1, 2, 2]
