"""What a restore says about how far it is."""

import itertools
import os
from pathlib import Path

import pytest

from server_agent.domain.jobs import Phase, Progress
from server_agent.ports import Cancelled, RestoreEvent
from tests.agent.tar.site import Probe, Site, at
from tests.fakes.engine import FakeControl

FILES = 4
FILE_BYTES = 40 << 20  # much more than a pipe holds


def test_progress_is_never_ahead_of_the_target(site: Site, tmp_path: Path) -> None:
    for number in range(FILES):
        (site.source / f"zeros {number}").write_bytes(bytes(FILE_BYTES))
    site.back_up()
    restored = at(tmp_path / "target", site.source)
    seen: list[Progress] = []
    for event in site.engine.restore(site.restore_request(tmp_path / "target"), FakeControl()):
        if isinstance(event, Progress) and event.phase is Phase.TRANSFER:
            there = sum(path.stat().st_size for path in restored.glob("*"))
            assert event.bytes_done <= there
            assert event.files_done <= len(list(restored.glob("*")))
            seen.append(event)
    assert {(event.files_total, event.bytes_total) for event in seen} == {
        (FILES, FILES * FILE_BYTES)
    }
    assert seen[0].bytes_done == 0
    for earlier, later in itertools.pairwise(seen):
        assert earlier.bytes_done <= later.bytes_done


def test_a_sparse_file_counts_when_it_is_there(site: Site, tmp_path: Path) -> None:
    with (site.source / "holes").open("wb") as file:
        os.truncate(file.fileno(), 1 << 30)
    (site.source / "zzz").write_bytes(os.urandom(FILE_BYTES))
    site.back_up()
    restored = at(tmp_path / "target", site.source)
    for event in site.engine.restore(site.restore_request(tmp_path / "target"), FakeControl()):
        if isinstance(event, Progress) and event.bytes_done:
            assert (restored / "holes").stat().st_size == 1 << 30
    assert (restored / "zzz").stat().st_size == FILE_BYTES


def test_a_cancel_says_what_was_done_by_then(site: Site, tmp_path: Path) -> None:
    for number in range(FILES):
        (site.source / f"zeros {number}").write_bytes(bytes(FILE_BYTES))
    site.back_up()
    restored = at(tmp_path / "target", site.source)

    def look() -> None:
        if (restored / "zeros 2").exists():
            control.cancel()

    control = Probe(look)
    events: list[RestoreEvent] = []
    with pytest.raises(Cancelled):
        events.extend(site.engine.restore(site.restore_request(tmp_path / "target"), control))
    last = events[-1]
    assert isinstance(last, Progress)
    assert 1 <= last.files_done <= len(list(restored.iterdir()))
    assert last.bytes_done == last.files_done * FILE_BYTES
