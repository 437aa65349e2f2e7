"""What a file system can count and SQLite cannot hold is no reason to save nothing."""

import os
from pathlib import Path

import pytest

from server_agent.adapters.tar.numbers import kept_inode
from server_agent.adapters.tar.scan import rows_of
from tests.agent.tar.site import Site, at
from tests.agent.tar.trees import differences, picture

FAR_SECONDS = (13_500_000_000, 15_000_000_000)  # in 2397 and 2445
INODES = (1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)


def _give_time(path: Path, seconds: int) -> None:
    os.utime(path, (seconds, seconds))
    if path.stat().st_mtime != seconds:
        pytest.skip("this file system has no times behind 2262")


@pytest.mark.parametrize("seconds", FAR_SECONDS)
def test_a_time_behind_2262_comes_back(site: Site, tmp_path: Path, seconds: int) -> None:
    directory = site.source / "directory"
    directory.mkdir()
    for path in (site.source / "far", directory / "within", directory):
        if path != directory:
            path.write_text("from the future")
        _give_time(path, seconds)
    before = picture(site.source)
    site.back_up()
    assert site.messages == []
    assert site.back_up().files == 0  # nothing has changed
    site.restore(tmp_path / "target")
    assert differences(before, picture(at(tmp_path / "target", site.source))) == []


def test_a_file_that_moves_between_such_times_is_saved_again(site: Site, tmp_path: Path) -> None:
    far = site.source / "far"
    far.write_text("from the future")
    for seconds in FAR_SECONDS:
        _give_time(far, seconds)
        site.back_up()
    assert len(site.chain) == len(FAR_SECONDS)
    site.restore(tmp_path / "target")
    assert at(tmp_path / "target", far).stat().st_mtime == FAR_SECONDS[-1]


def test_inodes_of_64_bits_stay_different_and_can_be_held() -> None:
    fields = [
        part
        for inode in INODES
        for part in (
            *(b"/d", b"%d" % inode, b"f", b"%d" % inode, b"2049", b"1", b"5"),
            *(b"1700000000.0000000000", b"1700000000.0000000000", b"644", b"0", b"0", b""),
        )
    ]
    kept = [row[3] for row in rows_of(fields)]
    assert kept == [kept_inode(inode) for inode in INODES]
    assert len(set(kept)) == len(INODES)
    assert all(-(1 << 63) <= number < 1 << 63 for number in kept)
