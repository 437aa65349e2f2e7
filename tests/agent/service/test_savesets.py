"""Looking into savesets."""

import pytest

from server_agent.domain.errors import (
    ListingUnreadable,
    PageTokenInvalid,
    PathNotFound,
    SavesetNotFound,
)
from server_agent.ports import EngineError, Entry, EntryKind, EntryPage
from tests.agent.service.rig import LABEL, Rig, request

ENTRY = Entry(b"/srv/\xff", EntryKind.FILE, 1, 2, 0o644, 0, 0, b"", None, 0)


def test_a_directory_is_read_page_by_page(rig: Rig) -> None:
    name = rig.backed_up().saveset
    rig.engine.page = EntryPage((ENTRY,), 3, "behind it")
    page = rig.savesets.entries(name, b"/srv", None, 1)
    assert (page.entries, page.total) == ((ENTRY,), 3)
    assert page.next_position is not None
    rig.savesets.entries(name, b"/srv", page.next_position, 1)
    (first, *_), (ref, directory, position, limit) = rig.engine.entry_calls
    assert first == ref
    assert (ref.name, ref.label, ref.base) == (name, LABEL, None)
    assert (directory, position, limit) == (b"/srv", "behind it", 1)
    with pytest.raises(PageTokenInvalid):
        rig.savesets.entries(name, b"/other", page.next_position, 1)


def test_what_is_not_there_is_named(rig: Rig) -> None:
    name = rig.backed_up().saveset
    rig.engine.missing = {b"/\xff"}
    with pytest.raises(PathNotFound, match=rf"saveset={name}, path=/\\xff"):
        rig.savesets.entries(name, b"/\xff", None, 1)
    with pytest.raises(SavesetNotFound, match="saveset=SF1"):
        rig.savesets.entries("SF1", b"", None, 1)
    with pytest.raises(SavesetNotFound):
        rig.savesets.get("SF1")
    assert [each.name for each in rig.saveset_list()] == [name]


def test_a_listing_that_cannot_be_read_just_now_proves_nothing(rig: Rig) -> None:
    name = rig.backed_up().saveset
    rig.engine.damaged = EngineError("LISTING", "Too many open files")
    with pytest.raises(ListingUnreadable) as browsed:
        rig.savesets.entries(name, b"", None, 1)
    with pytest.raises(ListingUnreadable) as asked:
        rig.starting.start_restore(request(), name, (b"/a",), b"/tmp/out")
    for refused in (browsed, asked):
        assert refused.value.metadata == {"saveset": name, "detail": "Too many open files"}
    assert rig.damage(name) == ""
