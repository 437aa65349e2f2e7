"""Which rows a list may take in while those that are shown must not move."""

from bisect import bisect_left
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeldRows:
    """`added` may stand below the last row at once. The others wait: new rows that belong further
    up, and rows that are gone or belong elsewhere."""

    added: tuple[Hashable, ...]
    waiting_new: frozenset[Hashable]
    waiting_moves: frozenset[Hashable]


def hold_rows(shown: Sequence[Hashable], wanted: Sequence[Hashable], has_more: bool) -> HeldRows:
    """What may be done with rows that are `shown` when `wanted` are to be.

    With `has_more`, rows at the end of `shown` that are not wanted now were only pushed on to the
    next page: they do not wait for anything.
    """
    place_of = {key: place for place, key in enumerate(wanted)}
    places = [place_of[key] for key in shown if key in place_of]
    last = max(places, default=-1)
    present = frozenset(shown)
    gone = [key for key in shown if key not in place_of]
    if has_more:
        kept = {key for key in shown if key in place_of}
        end = len(shown)
        while end and shown[end - 1] not in kept:
            end -= 1
        gone = [key for key in shown[:end] if key not in place_of]
    still = frozenset(_in_order(places))
    moved = [key for key in shown if key in place_of and place_of[key] not in still]
    return HeldRows(
        added=tuple(wanted[last + 1 :]),
        waiting_new=frozenset(key for key in wanted[: last + 1] if key not in present),
        waiting_moves=frozenset(gone + moved),
    )


def _in_order(places: Sequence[int]) -> list[int]:
    """A longest rising part: those are the rows that need not move (patience sorting)."""
    tops: list[int] = []
    piles: list[int] = []
    before: dict[int, int] = {}
    for place in places:
        pile = bisect_left(tops, place)
        before[place] = piles[pile - 1] if pile else -1
        if pile == len(tops):
            tops.append(place)
            piles.append(place)
        else:
            tops[pile] = piles[pile] = place
    rising: list[int] = []
    place = piles[-1] if piles else -1
    while place >= 0:
        rising.append(place)
        place = before[place]
    return rising
