"""The rows of grouped results: a head per group, below an open one its jobs and what follows."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, tzinfo

from sesam_master.core.fleet import LocationState
from sesam_master.core.records import Job
from sesam_master.core.results_groups import Grouping, GroupSum
from sesam_master.core.states import WORDS, JobState
from sesam_master.ui.formatting import number_text
from sesam_master.ui.results.filters import ResultFilter
from sesam_master.ui.results.groups import GroupBoard
from sesam_master.ui.results.result_list import ResultList
from sesam_master.ui.results.rows import GroupRow, ResultRow, TableRow
from sesam_master.ui.results.sentences import when_text, why_dark
from sesam_master.ui.widgets.column import GroupHead, HeadKind

_NAMELESS = {
    Grouping.TASK: "No task",
    Grouping.CLIENT: "No client",
    Grouping.FARM: "No farm",
    Grouping.TASK_GROUP: "Single tasks",
}


class GroupTable:
    """The groups of a board over these locations, as they stand at `now`; times in `zone`."""

    def __init__(
        self,
        board: GroupBoard,
        chosen: ResultFilter,
        places: Sequence[LocationState],
        now: datetime,
        zone: tzinfo,
    ) -> None:
        self._board = board
        self._chosen = chosen
        self._places = {place.registration.location_id: place for place in places}
        self._now = now
        self._zone = zone
        self._silent = self._places.keys() - board.answered
        # How many that did not tell may have jobs of a group of this name, and of one of any name.
        self._missing_of: Counter[str] = Counter()
        self._missing_of_any = 0
        for key in self._silent:
            names = self._possible_groups(self._places[key])
            if names is None:
                self._missing_of_any += 1
            else:
                self._missing_of.update(names)
        self._sums = board.sums(chosen, self.title)

    @property
    def count(self) -> int:
        """How many groups there are."""
        return len(self._sums)

    def rows(
        self, make_row: Callable[[Job], ResultRow | None], limit: int
    ) -> tuple[tuple[TableRow, ...], bool]:
        """The rows of the first groups, so many; and whether nothing of them is on its way."""
        rows: list[TableRow] = []
        is_whole = True
        for group in self._sums[:limit]:
            inside = self._board.open.get(group.key)
            rows.append(GroupRow(group.key, self._head(group, is_open=inside is not None)))
            if inside is None:
                continue
            merged = inside.merged(self._chosen.locations or None)
            found = [row for job in merged.items if (row := make_row(job)) is not None]
            rows += found
            is_end = not merged.has_more
            is_whole = is_whole and (is_end or len(merged.items) >= inside.limit)
            words = self._end_words(group, inside, len(found), is_end=is_end)
            if words:
                kind = HeadKind.NOTE if is_end or inside.awaited else HeadKind.LINK
                rows.append(GroupRow(group.key, GroupHead(words, kind=kind), is_end=True))
        return tuple(rows), is_whole

    def title(self, key: str) -> str:
        """What a group is called."""
        grouping = self._board.grouping
        if grouping is Grouping.LOCATION:
            place = self._places.get(key)
            return place.registration.name if place is not None else key
        if grouping is Grouping.STATE:
            return WORDS[JobState(key)]
        return key or _NAMELESS.get(grouping, "")

    def _head(self, group: GroupSum, *, is_open: bool) -> GroupHead:
        counts: tuple[tuple[JobState, int | None], ...] = group.shown_counts
        if self._board.grouping is Grouping.LOCATION and self._missing(group):
            counts = counts or ((JobState.UNKNOWN, None),)
        return GroupHead(self.title(group.key), self._detail(group), counts, is_open)

    def _detail(self, group: GroupSum) -> str:
        """Where its jobs are, who did not tell of it, and when the newest was asked for."""
        parts = []
        if self._board.grouping is Grouping.LOCATION:
            place = self._places.get(group.key)
            if place is not None and not place.is_live:
                parts.append(why_dark(place, self._now, self._zone))
            elif group.key in self._board.awaited:
                parts.append("asking")
        else:
            parts.append(self._where(group))
            missing = self._missing(group)
            if missing:
                parts.append(f"not told by {number_text(missing)}")
        if group.newest_time is not None:
            parts.append(f"newest {when_text(group.newest_time, self._now, self._zone)}")
        elif not group.locations:
            parts.append("no results" if not self._missing(group) else "")
        return ", ".join(part for part in parts if part)

    def _where(self, group: GroupSum) -> str:
        told = (group.locations & self._places.keys()) - self._silent
        if len(told) == 1:
            return self._places[next(iter(told))].registration.name
        return f"{number_text(len(told))} locations" if told else ""

    def _missing(self, group: GroupSum) -> int:
        """How many locations did not tell, and may have jobs of the group."""
        return self._missing_of_any + self._missing_of[group.key]

    def _possible_groups(self, place: LocationState) -> Collection[str] | None:
        """The groups of which a location may have jobs; None where it may be any."""
        match self._board.grouping:
            case Grouping.LOCATION:
                return (place.registration.location_id,)
            case Grouping.FARM:
                return (place.registration.farm,)
            case Grouping.TASK if place.picture is not None:
                return place.picture.tasks.keys()
            case Grouping.CLIENT if place.picture is not None:
                return place.picture.clients.keys()
        return None

    def _end_words(self, group: GroupSum, inside: ResultList, shown: int, *, is_end: bool) -> str:
        if inside.awaited and not shown:
            return f"Asking {_locations(len(inside.awaited))} …"
        if not is_end:
            return f"Show more, {number_text(shown)} are here"
        if not shown:
            dark = [place for place in self._places.values() if not place.is_live]
            if dark and group.counts[JobState.UNKNOWN]:
                return "What was open there is not known now. Show what was known to see it."
            return "Nothing of it is here: its location is dark." if dark else "No results."
        return ""


def _locations(count: int) -> str:
    return "1 location" if count == 1 else f"{number_text(count)} locations"
