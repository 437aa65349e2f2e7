"""Order within sections: sections stay, missing values are last in both directions."""

import pytest

from sesam_master.ui.widgets.row_order import in_sections, is_in_order, ordered, value_key


@pytest.mark.parametrize(
    ("descending", "order"), [(False, [2, 0, 1, 4, 3]), (True, [0, 2, 1, 4, 3])]
)
def test_values_are_turned_round_within_their_section(descending: bool, order: list[int]) -> None:
    values = [("a", 2), ("a", None), ("a", 1), ("b", None), ("b", 7)]
    keys = [(section, value_key(value, descending)) for section, value in values]

    assert ordered(keys, descending) == order
    assert not is_in_order(keys, descending)
    assert is_in_order([keys[row] for row in order], descending)


def test_rows_that_may_not_move_only_go_into_their_section() -> None:
    keys = [("b", (0,)), ("a", (9,)), ("b", (1,)), ("a", (0,))]
    assert in_sections(keys) == [1, 3, 0, 2]
