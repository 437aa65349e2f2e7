"""Asks for what a location plans beside what a person writes, no more than that needs."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from PySide6.QtCore import QObject, Signal

from sesam_master.core.calendar_days import Occurrence
from sesam_master.core.calendar_source import CalendarSource
from sesam_master.core.plan import Plan, Planned
from sesam_master.core.plan_clashes import NEAR, TaskStarts
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.notices import notice

# Of a schedule that comes round often no more is asked for than its coming starts span.
_SPANS = tuple(timedelta(days=days) for days in (2, 9, 35))


class OtherStarts(QObject):
    """The backups that a location plans from now on.

    Attributes:
        starts: as far as they were asked for; None: nothing is known.
        unknown: why the last question has no answer; "" for another reason or none.
    """

    changed = Signal()

    def __init__(
        self,
        bridge: Bridge,
        source: CalendarSource,
        location_id: str,
        now: Callable[[], datetime],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._source = source
        self._location_id = location_id
        self._now = now
        self._version: object = None
        self._end: datetime | None = None
        self._drop: Callable[[], None] = lambda: None
        self.starts: TaskStarts | None = None
        self.unknown = ""

    def want(self, plan: Plan, moments: Sequence[datetime]) -> None:
        """Around these moments, as the plan is; what was asked for already is not asked again."""
        if not moments:
            return
        version, now = _version(plan), self._now()
        end = min(moments[-1] + NEAR, now + _SPANS[-1])
        if version == self._version and self._end is not None and end <= self._end:
            return
        span = next(span for span in _SPANS if now + span >= end)
        self._version, self._end = version, now + span
        self._drop()
        question = self._source.occurrences(self._location_id, now, now + span)
        self._drop = self._bridge.ask(question, self, self._show, self._fail)

    def _show(self, found: Sequence[Occurrence]) -> None:
        self.starts, self.unknown = TaskStarts(found), ""
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        """It is asked for again with the next change."""
        self._end = self.starts = None
        self.unknown = notice(error, "read the calendar").why
        self.changed.emit()


def _version(plan: Plan) -> object:
    """Other than before when anything that is planned is."""
    items: tuple[Planned, ...] = (*plan.schedules, *plan.events, *plan.groups)
    return frozenset((type(item), item.name, item.etag) for item in items)
