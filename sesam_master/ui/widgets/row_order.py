"""The order of the rows of a table: by one value of each, within sections that stay in theirs."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

# The section of a row, and what it is sorted by within it.
RowKey = tuple[Any, tuple[Any, ...]]


def value_key(value: Any, descending: bool) -> tuple[Any, ...]:
    """A missing value stands last in both directions."""
    return (not descending,) if value is None else (descending, value)


def is_in_order(keys: Sequence[RowKey], descending: bool) -> bool:
    """Whether the rows stand as `ordered` would put them."""
    return all(_may_follow(first, second, descending) for first, second in pairwise(keys))


def ordered(keys: Sequence[RowKey], descending: bool) -> list[int]:
    """The rows in order; equal ones stay as they are, and sections are never turned round."""
    rows = sorted(range(len(keys)), key=lambda row: keys[row][1], reverse=descending)
    return sorted(rows, key=lambda row: keys[row][0])


def in_sections(keys: Sequence[RowKey]) -> list[int]:
    """The rows with each in its section, but otherwise as they are."""
    return sorted(range(len(keys)), key=lambda row: keys[row][0])


def _may_follow(first: RowKey, second: RowKey, descending: bool) -> bool:
    if first[0] != second[0]:
        return bool(first[0] < second[0])
    return first[1] >= second[1] if descending else first[1] <= second[1]
