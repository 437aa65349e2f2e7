"""The labels in the plot of the rates: none crosses a line or another label."""

from sesam_master.ui.now.strip import label_places


def test_a_label_stands_at_the_right_of_its_line_or_at_the_left_of_the_last_one() -> None:
    assert label_places([100, 480], [90, 90], 0, 500) == [105, 385]


def test_a_label_makes_way_for_the_line_after_it() -> None:
    assert label_places([200, 240], [90, 90], 0, 500) == [105, 245]


def test_a_label_without_room_is_left_out() -> None:
    assert label_places([20, 60, 300], [90, 90, 90], 0, 500) == [None, 65, 305]
    assert label_places([200, 201, 202], [90, 90, 90], 0, 500) == [205, 106, None]
    assert label_places([10], [90], 0, 60) == [None]
