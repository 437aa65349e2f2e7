"""Rows that must not move, and columns that must fit."""

from hypothesis import given
from hypothesis import strategies as st

from sesam_master.ui.widgets.column_widths import Wish, fitted
from sesam_master.ui.widgets.held_rows import hold_rows

ROWS = st.lists(st.integers(0, 40), unique=True, max_size=20)
WISHES = st.lists(
    st.tuples(st.integers(20, 80), st.integers(0, 80), st.integers(0, 80)).map(
        lambda three: Wish(three[0], three[0] + three[1], sum(three))
    ),
    min_size=1,
    max_size=8,
)


@given(ROWS, ROWS, st.booleans())
def test_what_is_shown_and_what_waits_is_all_that_is_wanted(
    shown: list[int], wanted: list[int], has_more: bool
) -> None:
    held = hold_rows(shown, wanted, has_more)
    assert set(wanted) <= {*shown, *held.added, *held.waiting_new}
    assert not held.waiting_new & {*shown, *held.added}
    assert held.waiting_moves <= set(shown)
    # Without the rows that wait, what is shown then is in the order wanted.
    steady = [key for key in [*shown, *held.added] if key not in held.waiting_moves]
    steady = [key for key in steady if key in wanted]
    assert steady == [key for key in wanted if key in steady]


def test_only_the_row_that_moves_waits() -> None:
    held = hold_rows("abcdef", "eabcdfg", has_more=False)
    assert held.waiting_moves == {"e"}
    assert held.added == ("g",)


def test_rows_pushed_on_to_the_next_page_wait_for_nothing() -> None:
    assert not hold_rows("abcd", "xabc", has_more=True).waiting_moves
    assert hold_rows("abcd", "xabc", has_more=False).waiting_moves == {"d"}


@given(WISHES, st.integers(0, 1200))
def test_widths_fill_the_room_and_no_column_is_narrower_than_it_can_be(
    wishes: list[Wish], room: int
) -> None:
    widths = fitted(wishes, room)
    least = sum(wish.least for wish in wishes)
    is_tight = 0 < room < least  # then those that may be elided go below it
    for width, wish in zip(widths, wishes, strict=True):
        is_soft = is_tight and wish.least < wish.most
        assert width >= (wish.least // 2 if is_soft else wish.least)
    assert sum(widths) == max(room, least) or room < sum(wish.width for wish in wishes)
    soft = sum(wish.least // 2 for wish in wishes if wish.least < wish.most)
    assert sum(widths) <= max(room, least - soft if room else least) + len(wishes)
