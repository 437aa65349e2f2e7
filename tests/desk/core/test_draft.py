"""Steps of a change, taken back and forth, over saves and over what others do."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sesam_master.core.draft import Draft, bare, changed_fields
from sesam_master.core.plan import Event, NewdayAction, Schedule, TaskGroup
from tests.fakes.plan import AS_OF, nightly

BASE = nightly(etag="1", next_time=AS_OF)


def test_an_unchanged_object_is_not_dirty_whatever_the_location_filled_in() -> None:
    draft = Draft(BASE, BASE)
    assert (draft.is_dirty, draft.can_undo, draft.can_redo, draft.is_new) == (False,) * 4
    draft.change(replace(BASE, etag="7", next_time=None))
    assert (draft.is_dirty, draft.can_undo) == (False, False)
    assert draft.item.etag == "1"


def test_a_new_object_is_dirty_from_the_beginning() -> None:
    draft = Draft(TaskGroup(""), None)
    assert draft.is_new
    assert draft.is_dirty
    assert draft.item.etag == ""


def test_changes_of_one_field_are_one_step() -> None:
    draft = Draft(BASE, BASE)
    for text in ("a", "ab", "abc"):
        draft.change(replace(BASE, comment=text))
    draft.change(replace(BASE, comment="abc", active=False))
    draft.change(replace(BASE, comment="abcd", active=False))
    draft.undo()
    assert _said(draft) == ("abc", False)
    draft.undo()
    assert _said(draft) == ("abc", True)
    draft.undo()
    assert not draft.is_dirty
    draft.redo()
    assert _said(draft) == ("abc", True)
    draft.change(replace(BASE, comment="other"))
    assert not draft.can_redo


def test_a_save_keeps_the_steps() -> None:
    draft = Draft(BASE, BASE)
    draft.change(replace(BASE, comment="x"))
    draft.saved(replace(BASE, comment="x", etag="2"))
    assert not draft.is_dirty
    draft.undo()
    assert draft.is_dirty
    assert (_said(draft), draft.item.etag) == (("", True), "2")


def test_discarding_can_be_taken_back() -> None:
    draft = Draft(BASE, BASE)
    draft.change(replace(BASE, comment="x"))
    draft.discard()
    assert not draft.is_dirty
    draft.undo()
    assert _said(draft) == ("x", True)


def test_what_the_location_fills_in_is_no_difference() -> None:
    event = Event("NEWDAY", "NEWDAY", NewdayAction(), id="4", etag="2", next_time=AS_OF)
    assert changed_fields(event, bare(event)) == frozenset()
    assert changed_fields(BASE, replace(BASE, comment="x", active=False)) == {"comment", "active"}


steps = st.lists(
    st.one_of(
        st.sampled_from("abc").map(lambda text: ("comment", text)),
        st.booleans().map(lambda on: ("active", on)),
        st.just(("undo", None)),
        st.just(("redo", None)),
    ),
    max_size=30,
)


@given(steps)
def test_all_the_way_back_is_where_it_began(done: list[tuple[str, object]]) -> None:
    draft = Draft(BASE, BASE)
    for name, value in done:
        if name in ("undo", "redo"):
            getattr(draft, name)()
        else:
            draft.change(replace(draft.item, **{name: value}))  # type: ignore[arg-type]
    latest = draft.item
    back = 0
    while draft.can_undo:
        draft.undo()
        back += 1
    assert bare(draft.item) == bare(BASE)
    for _ in range(back):
        draft.redo()
    assert draft.item == latest


def _said(draft: Draft) -> tuple[str, bool]:
    assert isinstance(draft.item, Schedule)
    return draft.item.comment, draft.item.active
