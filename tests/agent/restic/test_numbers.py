"""What a file system can count and SQLite cannot hold is no reason to save nothing."""

import os
from pathlib import Path

import pytest

from server_agent.adapters.restic.listing import ResticListing
from server_agent.adapters.restic.repository import nanoseconds
from tests.agent.restic.site import ResticSite
from tests.agent.tar.site import at
from tests.agent.tar.test_numbers import FAR_SECONDS, _give_time
from tests.fakes.engine import FakeControl


@pytest.mark.parametrize("seconds", FAR_SECONDS)
def test_a_time_behind_2262_is_saved(site: ResticSite, tmp_path: Path, seconds: int) -> None:
    directory = site.source / "directory"
    directory.mkdir()
    for path in (site.source / "far", directory / "within", directory):
        if path != directory:
            path.write_text("from the future")
        _give_time(path, seconds)
    assert site.back_up().skipped == 0
    assert site.messages == []
    assert site.back_up().files == 0  # nothing has changed
    assert site.fault() == ""
    assert site.restore(tmp_path / "target").skipped == 0
    for path in (site.source / "far", directory / "within", directory):
        found = at(tmp_path / "target", path).stat().st_mtime_ns
        assert found // 10**9 == ((1 << 63) - 1) // 10**9  # the nearest that a listing can hold


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"])
def test_a_time_that_restic_tells_can_be_held(text: str) -> None:
    assert -(1 << 63) <= nanoseconds(text) < 1 << 63


def test_an_inode_of_64_bits_can_be_noted(site: ResticSite) -> None:
    path = os.fsencode(site.source / "file")
    (site.source / "file").write_text("x")
    seen = os.lstat(path)
    times = {"st_mtime_ns": seen.st_mtime_ns, "st_ctime_ns": seen.st_ctime_ns}
    status = os.stat_result([seen.st_mode, (1 << 64) - 2, *seen[2:10]], times)
    with ResticListing(
        site.root / "new.tmp", "SF00000000000000001@abcdefghijk", [path], FakeControl()
    ) as listing:
        listing.begin_storing()
        listing.note_after(path, status, b"")
