"""Asks for the coming starts of a schedule while a person writes it."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from sesam_master.core.draft import bare
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.plan import Preview, Schedule
from sesam_master.core.plan_source import PlanSource
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.notices import Notice, notice

PAUSE_MS = 300  # after the last change


class ComingStarts(QObject):
    """What the newest schedule will do.

    Attributes:
        preview: that of the last answer; None: nothing is known.
        is_old: it is of another rule than the one that is asked about.
        problem: why the schedule cannot be as it is.
        unknown: why there is no answer; "" for another reason or none.
    """

    changed = Signal()

    def __init__(
        self, bridge: Bridge, source: PlanSource, location_id: str, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._source = source
        self._location_id = location_id
        self._wanted: Schedule | None = None
        self._drop: Callable[[], None] = lambda: None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._ask)
        self.preview: Preview | None = None
        self.is_old = False
        self.problem: Notice | None = None
        self.unknown = ""

    def want(self, schedule: Schedule | None, *, at_once: bool) -> None:
        """Asks for this one, if not `at_once` when nothing else comes for a moment. None: for
        nothing any more. What is known of the same one stays until it is answered."""
        self._drop()
        self._timer.stop()
        before, self._wanted = self._wanted, schedule
        if schedule is None:
            self._show(None)
        elif at_once:
            if before is None or bare(before) != bare(schedule):
                self.preview = self.problem = None
                self.is_old = False
            self._ask()
        else:
            self._timer.start()
            if before is None or _rule(before) != _rule(schedule):
                self.is_old = True
                self.changed.emit()

    def _ask(self) -> None:
        if self._wanted is not None:
            self._drop = self._bridge.ask(
                self._source.preview_schedule(self._location_id, self._wanted),
                self,
                self._show,
                self._fail,
            )

    def _fail(self, error: Exception) -> None:
        said = notice(error, "work out the next starts")
        if isinstance(error, LocationError) and error.trouble is Trouble.REJECTED:
            self._show(None, problem=said)
        else:
            self._show(None, unknown=said.why)

    def _show(
        self, preview: Preview | None, problem: Notice | None = None, unknown: str = ""
    ) -> None:
        self.preview, self.problem, self.unknown = preview, problem, unknown
        self.is_old = False
        self.changed.emit()


def _rule(schedule: Schedule) -> Schedule:
    """What its starts depend on."""
    return replace(schedule, name="", comment="", etag="", next_time=None)
