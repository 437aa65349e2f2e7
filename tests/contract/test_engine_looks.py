"""What all engines do when they look: at a client before a backup, and into saved files."""

import pytest

from server_agent.domain.errors import InvalidArgument, PathNotFound, SavesetDamaged
from server_agent.ports import Cancelled, EngineError, EntryKind
from server_agent.ports.client_files import (
    ClientDirectory,
    EntryPiece,
    LeftOutBy,
    NoDirectory,
    WalkDone,
    WalkRequest,
)
from tests.contract.engine_rig import CHAIN, FULL, Rig, back_up, full, inc, name_of, ref
from tests.fakes.engine import FakeControl

MOST = 1 << 20


def look(rig: Rig, directory: bytes) -> ClientDirectory:
    return rig.engine.client_directory(rig.client, directory, FakeControl())


def walked(rig: Rig, *excludes: str) -> tuple[dict[str, LeftOutBy], WalkDone]:
    request = WalkRequest((rig.source,), excludes, rig.client)
    *events, done = rig.engine.walk(request, FakeControl())
    assert isinstance(done, WalkDone)
    return {each.pattern: each for each in events if isinstance(each, LeftOutBy)}, done


def read(rig: Rig, name: str, first: int = 0, most: int = MOST) -> tuple[bytes, int]:
    path = rig.source + b"/" + name.encode()
    pieces = list(rig.engine.read_entry(CHAIN, path, first, most, FakeControl()))
    assert pieces
    return b"".join(piece.data for piece in pieces), pieces[0].size


def test_a_directory_shows_directories_first_and_then_names(rig: Rig) -> None:
    found = look(rig, rig.source).entries
    assert [(each.name, each.kind) for each in found] == [
        (b"dir", EntryKind.DIRECTORY),
        (b"a", EntryKind.FILE),
        (b"b", EntryKind.FILE),
    ]
    assert found[1].size == 100
    assert all(each.is_readable and not each.is_mount for each in found)


def test_what_is_no_directory_is_said(rig: Rig) -> None:
    for name in (b"/nowhere", b"/a"):
        with pytest.raises(NoDirectory):
            look(rig, rig.source + name)


def test_a_client_that_is_away_has_no_directory_and_no_walk(rig: Rig) -> None:
    away = rig.away()
    with pytest.raises(EngineError) as looked:
        rig.engine.client_directory(away, rig.source, FakeControl())
    with pytest.raises(EngineError) as walked_through:
        list(rig.engine.walk(WalkRequest((rig.source,), (), away), FakeControl()))
    assert looked.value.code == walked_through.value.code == rig.away_code


def test_a_walk_says_what_each_exclude_leaves_out(rig: Rig) -> None:
    told, done = walked(rig, "x", "dir", "*.nothing")
    assert list(told) == ["x", "dir", "*.nothing"]
    assert (told["x"].hits, told["x"].files, told["x"].size) == (1, 1, 500)
    assert told["x"].examples == (rig.source + b"/dir/x",)
    # What lies below a hit is left out by it.
    assert (told["dir"].hits, told["dir"].files, told["dir"].size) == (1, 3, 2000)
    assert (told["*.nothing"].hits, told["*.nothing"].files) == (0, 0)
    assert (done.kept_files, done.kept_bytes) == (2, 200)
    assert (done.left_files, done.left_bytes) == (3, 2000)


def test_a_walk_through_a_missing_source_says_so(rig: Rig) -> None:
    with pytest.raises(EngineError) as failure:
        list(rig.engine.walk(WalkRequest((b"/not/there",), (), rig.client), FakeControl()))
    assert failure.value.code == "SOURCE_MISSING"


def test_a_cancelled_walk_ends(rig: Rig) -> None:
    control = FakeControl()
    control.cancel()
    with pytest.raises(Cancelled):
        list(rig.engine.walk(WalkRequest((rig.source,), (), rig.client), control))


def test_a_saved_file_is_read_in_pieces(rig: Rig) -> None:
    back_up(rig, full(rig))
    whole = b"dir/deep/z" * 100
    assert read(rig, "dir/deep/z") == (whole, 1000)
    assert read(rig, "dir/deep/z", 10, 25) == (whole[10:35], 1000)
    assert read(rig, "dir/deep/z", 990, 100) == (whole[990:], 1000)
    assert read(rig, "dir/deep/z", 1000) == (b"", 1000)


def test_what_did_not_change_is_read_from_its_home(rig: Rig) -> None:
    back_up(rig, full(rig))
    rig.write("a", b"new")
    back_up(rig, inc(rig, name_of("I", 2), *CHAIN))
    chain = (ref(name_of("I", 2), FULL), *CHAIN)
    for name, content in (("a", b"new"), ("b", b"b" * 100)):
        path = rig.source + b"/" + name.encode()
        [*pieces] = rig.engine.read_entry(chain, path, 0, MOST, FakeControl())
        assert pieces == [EntryPiece(content, len(content))]


def test_what_cannot_be_read_is_refused(rig: Rig) -> None:
    back_up(rig, full(rig))
    with pytest.raises(PathNotFound):
        read(rig, "nowhere")
    with pytest.raises(InvalidArgument):
        read(rig, "dir")
    with pytest.raises(InvalidArgument):
        read(rig, "a", 101)


def test_damaged_data_are_never_handed_out(rig: Rig) -> None:
    """The damage is somewhere: what is not refused is right."""
    back_up(rig, full(rig))
    rig.damage(ref(FULL), "data")
    refused: list[tuple[str, str]] = []
    for name in ("a", "b", "dir/x", "dir/y", "dir/deep/z"):
        try:
            assert read(rig, name)[0] == name.encode() * 100
        except EngineError as error:
            refused.append((error.code, error.saveset))
    assert set(refused) == {("SAVESET_DAMAGED", FULL)}


def test_a_damaged_listing_is_said(rig: Rig) -> None:
    back_up(rig, full(rig))
    rig.damage(ref(FULL), "listing")
    with pytest.raises(SavesetDamaged):
        read(rig, "a")


def test_a_medium_that_is_away_proves_no_damage(rig: Rig) -> None:
    back_up(rig, full(rig))
    rig.unmount()
    with pytest.raises(EngineError) as failure:
        read(rig, "a")
    assert failure.value.code == "STORE_MISSING"
    assert "the restore" not in failure.value.text
