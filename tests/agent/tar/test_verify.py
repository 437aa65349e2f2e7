"""What a verify may say of a saveset: only what it has read."""

import os
from pathlib import Path

import pytest

from server_agent.adapters.tar.mounts import file_system, mount_table
from server_agent.ports import NotCompared, Verified, VerifyRequest
from tests.agent.tar.site import LABEL, Site, unprivileged
from tests.fakes.engine import FakeControl


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("what", ["data", "idx", "listing"])
def test_what_the_agent_may_not_read_is_not_called_damaged(
    open_site: Site, quick: bool, what: str
) -> None:
    site = open_site
    with unprivileged():
        (site.source / "file").write_text("kept")
        site.back_up()
        behind = site.chain[0]
        site.back_up()
        files = {
            "data": site.data(),
            "idx": site.data().with_name(site.data().name + ".idx"),
            "listing": site.listing(),
        }
        files[what].chmod(0)
        request = VerifyRequest((site.chain[0], behind), quick=quick)
        events = list(site.engine.verify(request, FakeControl()))
    unread, verified = (each for each in events if isinstance(each, NotCompared | Verified))
    assert isinstance(unread, NotCompared)
    assert (unread.saveset, unread.label) == (site.chain[0].name, LABEL)
    assert f"{files[what]}" in unread.text
    assert "Permission denied" in unread.text
    assert isinstance(verified, Verified)
    assert (verified.saveset, verified.fault) == (behind.name, "")


def test_what_lies_there_and_is_no_file_is_a_fault(site: Site) -> None:
    (site.source / "file").write_text("kept")
    site.back_up()
    site.data().unlink()
    site.data().mkdir()
    [verified] = site.engine.verify(VerifyRequest((site.chain[0],)), FakeControl())
    assert isinstance(verified, Verified)
    assert "Is a directory" in verified.fault


def fetched_bytes() -> int:
    """What this process has had fetched from disks so far: proc(5), /proc/self/io."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("read_bytes"))


def read_ahead(path: Path) -> None:
    """Leaves a file in the system's memory in as large pieces as it likes."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        file.read()


@pytest.mark.parametrize("quick", [False, True])
def test_what_the_system_has_in_its_memory_is_read_from_the_disk_all_the_same(
    site: Site, quick: bool
) -> None:
    if file_system(mount_table(), os.fsencode(site.root))[1] in (b"tmpfs", b"ramfs"):
        pytest.skip("what lies in memory has no disk")
    (site.source / "data").write_bytes((os.urandom(1 << 20) + b"x" * (1 << 20)) * 32)
    site.back_up()
    data, idx = site.data(), site.data().with_name(f"{site.data().name}.idx")
    shelf = idx.with_name(f"{site.data().name}.lis.zst")
    for path in (data, idx, shelf):
        read_ahead(path)
    before = fetched_bytes()
    request = VerifyRequest((site.chain[0],), quick=quick)
    verified = list(site.engine.verify(request, FakeControl()))[-1]
    assert isinstance(verified, Verified)
    assert verified.fault == ""
    beside = idx.stat().st_size + (0 if quick else shelf.stat().st_size)
    assert fetched_bytes() - before >= verified.bytes_read + beside
