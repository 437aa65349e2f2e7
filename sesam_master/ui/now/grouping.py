"""Shows open jobs in a table, below the heads of their groups where a person wants them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sesam_master.core.now import JobKey, OpenJob
from sesam_master.core.now_groups import Group, GroupedJobs, GroupSum
from sesam_master.core.results_groups import Grouping
from sesam_master.core.states import SEVERITY
from sesam_master.ui.formatting import number_text, rate_text
from sesam_master.ui.widgets.column import GroupHead
from sesam_master.ui.widgets.record_table import RecordTableModel

NO_FARM = "No farm"


@dataclass(frozen=True, slots=True)
class HeadRow:
    """The head of a group."""

    group: Group
    head: GroupHead

    @property
    def key(self) -> tuple[str, str, str]:
        return _head_key(self.group)


NowRow = OpenJob | HeadRow


def _head_key(group: Group) -> tuple[str, str, str]:
    """No job has such a key."""
    return "group", group.key, ""


def head_of(row: NowRow) -> GroupHead | None:
    """For the model of the table."""
    return row.head if isinstance(row, HeadRow) else None


class JobGrouping:
    """What one table shows. A group is open until a person closes it; what is in a closed one is
    counted on its head and is not in the model."""

    def __init__(self, model: RecordTableModel[NowRow], now: Callable[[], datetime]) -> None:
        self._model = model
        self._now = now
        self._grouped = GroupedJobs()
        self._closed: set[str] = set()

    @property
    def count(self) -> int:
        """All jobs, those in closed groups too."""
        return len(self._grouped)

    def set_grouping(self, grouping: Grouping) -> None:
        """All groups are open then."""
        jobs = list(self._grouped.jobs())
        self._grouped = GroupedJobs(grouping)
        self._closed.clear()
        is_grouped = grouping is not Grouping.NONE
        self._model.set_sections(None)
        self.show_all(jobs)
        self._model.set_sections(self._section if is_grouped else None)

    def show_all(self, jobs: Iterable[OpenJob]) -> None:
        """Exactly these."""
        self._grouped = GroupedJobs(self._grouped.grouping)
        self._grouped.take(jobs)
        self._model.replace_all(self._rows())

    def show_changes(self, jobs: list[OpenJob], gone: set[JobKey]) -> None:
        """Newest values, and keys of what is not open any more."""
        before = set(self._grouped.groups)
        touched = self._grouped.take(jobs, gone)
        heads = [self._head(group) for group in touched if group in self._grouped.groups]
        self._model.remove(
            gone | {_head_key(group) for group in before - set(self._grouped.groups)}
        )
        self._model.upsert([*heads, *(one for one in jobs if self._is_shown(one))])

    def toggle(self, row: HeadRow) -> None:
        """Open or close a group."""
        self._closed ^= {row.group.key}
        self._model.replace_all(self._rows())

    def set_all_open(self, is_open: bool) -> None:
        self._closed = set() if is_open else {group.key for group in self._grouped.groups}
        self._model.replace_all(self._rows())

    def age(self) -> None:
        """Time went on: what waits may be late, and rates are others."""
        self._model.upsert(map(self._head, self._grouped.groups))

    # -- inside

    def _rows(self) -> list[NowRow]:
        heads = map(self._head, self._grouped.groups)
        return [*heads, *(one for one in self._grouped.jobs() if self._is_shown(one))]

    def _is_shown(self, one: OpenJob) -> bool:
        group = self._grouped.group_of(one)
        return group is None or group.key not in self._closed

    def _section(self, row: NowRow) -> tuple[object, bool]:
        """The head stands above its rows."""
        is_head = isinstance(row, HeadRow)
        group = row.group if isinstance(row, HeadRow) else self._grouped.group_of(row)
        return (group.order if group is not None else (), not is_head)

    def _head(self, group: Group) -> HeadRow:
        found = self._grouped.sum(group, self._now())
        counts = tuple((state, found.counts[state]) for state in SEVERITY if found.counts[state])
        detail = self._detail(found)
        is_open = group.key not in self._closed
        return HeadRow(group, GroupHead(group.title or NO_FARM, detail, counts, is_open))

    def _detail(self, found: GroupSum) -> str:
        parts = []
        if self._grouped.grouping is Grouping.FARM:
            word = "location" if found.locations == 1 else "locations"
            parts.append(f"{number_text(found.locations)} {word}")
            if found.dark:
                parts.append(f"{number_text(found.dark)} not known")
        elif found.dark:
            parts.append("not known now")
        if found.rate:
            parts.append(rate_text(found.rate))
        return ", ".join(parts)
