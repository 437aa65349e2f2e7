"""Restore proofs: samples come back as they were saved, or it is said which do not."""

import os
import random
import shutil
from pathlib import Path

import pytest

from server_agent.adapters.tar import proof
from server_agent.adapters.tar.extraction import Extraction
from server_agent.adapters.tar.samples import Drawn, draw
from server_agent.domain.jobs import Progress
from server_agent.ports import (
    Cancelled,
    EngineError,
    Message,
    ProofRequest,
    Proved,
)
from tests.agent.tar.site import IS_ROOT, NOBODY, Site, engine_below, unprivileged
from tests.fakes.engine import FakeControl

GIB = 1 << 30


def prove(
    site: Site, files: int = 100, max_bytes: int = GIB, control: FakeControl | None = None
) -> Proved:
    request = ProofRequest(tuple(site.chain), files, max_bytes, "7")
    site.messages = []
    for event in site.engine.prove(request, control or FakeControl()):
        if isinstance(event, Message):
            site.messages.append(event)
    assert isinstance(event, Proved)
    return event


def left(site: Site) -> list[Path]:
    return list((site.root / "tmp").glob("*"))


@pytest.fixture
def varied(site: Site) -> Site:
    """A chain of three over files of all kinds of content."""
    for number in range(30):
        directory = site.source / f"d{number % 5}"
        directory.mkdir(exist_ok=True)
        (directory / f"f{number}").write_bytes(os.urandom(number * 1000))
    (site.source / "empty").touch()
    with (site.source / "sparse").open("wb") as file:
        file.truncate(5 << 20)
        file.seek(3 << 20)
        file.write(b"in the middle")
    (site.source / os.fsdecode(b"no \xff text\n")).write_bytes(b"odd name")
    (site.source / "d0/one").write_bytes(b"shared" * 500)
    os.link(site.source / "d0/one", site.source / "d1/two")
    os.setxattr(site.source / "d0/one", "user.note", b"\x00\xff\n=")
    (site.source / "secret").write_bytes(b"hidden")
    (site.source / "secret").chmod(0)
    (site.source / "closed").mkdir()
    (site.source / "closed/in").write_bytes(b"behind")
    (site.source / "link").symlink_to("empty")
    site.back_up()
    (site.source / "d2/new").write_bytes(b"first INC")
    site.back_up()
    (site.source / "d3/newer").write_bytes(b"second INC")
    site.back_up()
    return site


def test_all_kinds_of_files_come_back_and_nothing_is_left(varied: Site) -> None:
    proved = prove(varied)
    assert varied.codes() == ["PROVED"]
    assert (proved.files, proved.of_files, proved.faults) == (39, 39, ())
    assert left(varied) == []


def test_samples_are_spread_over_homes_sizes_and_directories(varied: Site) -> None:
    listing = varied.listing()
    for seed in range(20):
        drawn = draw(listing, 12, GIB, FakeControl(), random.Random(seed))
        assert len(drawn.samples) == 12
        assert len({sample.home for sample in drawn.samples}) == 3
        assert len({sample.size.bit_length() // 4 for sample in drawn.samples}) >= 4
        assert len({os.path.dirname(sample.path) for sample in drawn.samples}) >= 4


def test_no_more_bytes_than_are_allowed(varied: Site) -> None:
    proved = prove(varied, max_bytes=20_000)
    assert 0 < proved.size <= 20_000
    drawn = draw(varied.listing(), 1, 10, FakeControl())
    assert all(sample.size <= 10 for sample in drawn.samples)


def test_nothing_to_prove_is_told(site: Site) -> None:
    (site.source / "only a directory").mkdir()
    site.back_up()
    proved = prove(site)
    assert (proved.files, proved.of_files) == (0, 0)
    (site.source / "large").write_bytes(bytes(1000))
    site.back_up()
    proved = prove(site, max_bytes=999)
    assert (proved.files, proved.of_files) == (0, 1)


def test_a_restore_that_writes_something_else_is_found(
    varied: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = Extraction.events

    def wrongly(self: Extraction):  # type: ignore[no-untyped-def]
        yield from events(self)
        place = os.path.join(self.target, os.fsencode(varied.source)[1:], b"d2/new")
        before = os.stat(place)
        Path(os.fsdecode(place)).write_bytes(b"FIRST inc")
        os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))

    monkeypatch.setattr(Extraction, "events", wrongly)
    proved = prove(varied)
    [fault] = proved.faults
    assert fault.path.endswith(b"d2/new")
    assert fault.saveset == varied.chain[1].name
    assert fault.text == "was restored with another content"
    assert "NOT_PROVED" in varied.codes()
    assert "PROVED" not in varied.codes()
    assert left(varied) == []


def test_a_file_that_does_not_come_is_found(varied: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    events = Extraction.events

    def forgetful(self: Extraction):  # type: ignore[no-untyped-def]
        yield from events(self)
        os.unlink(os.path.join(self.target, os.fsencode(varied.source)[1:], b"empty"))

    monkeypatch.setattr(Extraction, "events", forgetful)
    [fault] = prove(varied).faults
    assert fault.text.startswith("was not restored")


def test_damaged_data_fail_it_and_leave_nothing(varied: Site) -> None:
    with varied.data(2).open("r+b") as file:
        file.seek(50)
        file.write(b"x" * 50)
    with pytest.raises(EngineError) as error:
        prove(varied)
    assert (error.value.code, error.value.saveset) == ("SAVESET_DAMAGED", varied.chain[2].name)
    assert left(varied) == []


def test_room_is_looked_for_before_anything_is_written(
    varied: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "_SPARE_BYTES", 1 << 60)
    with pytest.raises(EngineError) as error:
        prove(varied)
    assert error.value.code == "NO_SPACE"
    assert left(varied) == []


def test_a_cancel_leaves_nothing(varied: Site) -> None:
    control = FakeControl()
    request = ProofRequest(tuple(varied.chain), 100, GIB, "7")
    events = varied.engine.prove(request, control)
    assert any(isinstance(event, Progress) and event.phase == "transfer" for event in events)
    control.cancel()
    with pytest.raises(Cancelled):
        list(events)
    assert left(varied) == []


def test_what_a_killed_agent_has_left_is_removed_at_the_next_start(varied: Site) -> None:
    scratch = varied.root / "tmp/proof-7.abc.tmp"
    (scratch / "closed").mkdir(parents=True)
    (scratch / "closed/file").touch()
    (scratch / "closed").chmod(0)
    (varied.root / "tmp/restore-proof-7.abc.aside").touch()
    other = varied.root / "tmp/something"
    other.touch()
    engine_below(varied.root).recover((), frozenset(saveset.name for saveset in varied.chain))
    assert left(varied) == [other]


def test_who_is_not_root_proves_what_belongs_to_others(open_site: Site) -> None:
    """Owners cannot be given away, which is no difference."""
    with unprivileged():
        (open_site.source / "secret").write_bytes(b"hidden")
    if IS_ROOT:
        (open_site.source / "theirs").write_bytes(b"of somebody else")
        (open_site.source / "theirs").chmod(0o600)
    open_site.back_up()
    for place in ("lis", "store"):
        for path in [open_site.root / place, *(open_site.root / place).rglob("*")]:
            os.chown(path, NOBODY, NOBODY)
    shutil.rmtree(open_site.root / "tmp")
    with unprivileged():
        proved = prove(open_site)
    assert (proved.files, proved.faults) == (1 + IS_ROOT, ())
    assert left(open_site) == []


def test_nothing_drawn_of_nothing() -> None:
    assert Drawn((), 0).size == 0
