"""Joins the page of logs with its location: what is asked for, what came, and what comes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, tzinfo

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from sesam_master.core.errors import DeskReason, LocationError
from sesam_master.core.fleet import FleetChange
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.logs import (
    Followed,
    FoundPage,
    Log,
    LogKey,
    LogKind,
    LogPage,
    LogQuery,
)
from sesam_master.core.records import Level
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.notices import notice
from sesam_master.ui.objects.place import Place

AGAIN_MS = 2000
NEWEST = ""  # of days: the newest one, followed as it grows


class LogsPresenter(QObject):
    """Shows one log at a time: the newest day's as it grows, that of another day, or what is found
    in all days, the newest line first. What was read stays when the location is not reached; then
    it is of `as_of`.

    `listed`: there are other logs. `emptied`: other lines come. `appended`, `prepended`: lines came
    behind or before those that are here. `changed`: anything else.
    """

    listed = Signal()
    emptied = Signal()
    appended = Signal(object)
    prepended = Signal(object)
    changed = Signal()
    _told = Signal(int, object)

    def __init__(
        self,
        bridge: Bridge,
        source: FleetGateway,
        location_id: str,
        mine: tzinfo,
        now: Callable[[], datetime],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._bridge, self._source, self._now = bridge, source, now
        self._cancel: Callable[[], None] = lambda: None
        self._cancel_list: Callable[[], None] = lambda: None
        self._turn = 0  # which log is shown, counted: what comes of others is too late
        self._begin: tuple[str, int] | None = None  # of the lines that are here; None: all are
        self._end: tuple[str, int] | None = None
        self._token = ""
        self._goes_on = False
        self.place = Place(bridge.fleet, location_id, mine)
        self.logs: tuple[Log, ...] = ()
        self.query = LogQuery(LogKey(LogKind.STATE))
        self.day = NEWEST
        self.is_over_all = False
        self.searched = ""
        self.problem = ""
        self.as_of: datetime | None = None
        self.is_asking = False
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self._go_on)
        self._told.connect(self._take_followed, Qt.ConnectionType.QueuedConnection)
        bridge.fleet_changed.connect(self._take_fleet)

    @property
    def is_following(self) -> bool:
        """New lines come by themselves."""
        return self.day == NEWEST and not self.is_over_all

    @property
    def shown_day(self) -> str:
        """Of the newest line, or empty."""
        return self._end[0] if self._end is not None else self.day

    @property
    def has_more(self) -> bool:
        """Older lines are there, which `more` reads."""
        return bool(self._token) if self.is_over_all else self._begin is not None

    def refresh(self) -> None:
        """Ask for everything again."""
        self._cancel_list()
        call = self._source.logs(self.place.location_id)
        self._cancel_list = self._bridge.ask(call, self, self._take_list, self._fail)
        self._reload()

    def choose(
        self,
        *,
        key: LogKey | None = None,
        day: str | None = None,
        text: str | None = None,
        least: Level | None = None,
        over_all: bool | None = None,
    ) -> None:
        """Show other lines; what is not said stays."""
        before = self.query, self.day, self.is_over_all
        self.query = replace(
            self.query,
            key=self.query.key if key is None else key,
            text=self.query.text if text is None else text,
            least=self.query.least if least is None else least,
        )
        self.day = self.day if day is None else day
        self.is_over_all = self.is_over_all if over_all is None else over_all
        if before != (self.query, self.day, self.is_over_all):
            self._reload()

    def days(self) -> tuple[str, ...]:
        """Those that have the log that is shown, the newest first."""
        return tuple(log.sesam_day for log in self.logs if log.key == self.query.key)

    def is_cut(self) -> bool:
        """The day that is shown has said more than is kept."""
        day = self.shown_day
        return any(
            log.is_cut for log in self.logs if (log.key, log.sesam_day) == (self.query.key, day)
        )

    def more(self) -> None:
        """Read older lines."""
        if self.is_asking or not self.has_more:
            return
        if self.is_over_all:
            self._search()
        elif self._begin is not None:
            self._read(*self._begin)

    # -- inside

    def _reload(self) -> None:
        self._turn += 1
        self._cancel()
        self._again.stop()
        self._begin = self._end = None
        self._token = self.searched = self.problem = ""
        self._goes_on = False
        self.emptied.emit()
        if self.is_over_all:
            self._search()
        elif self.is_following:
            self._follow()
        else:
            self._read(self.day, 0)

    def _ask_state(self) -> None:
        self.is_asking = True
        self.changed.emit()

    def _follow(self) -> None:
        turn = self._turn
        if self._end is None:
            self._ask_state()
        call = self._source.follow_log(
            self.place.location_id, self.query, self._end, lambda came: self._told.emit(turn, came)
        )
        self._cancel = self._bridge.ask(call, self, lambda _none: self._again.start(), self._fail)

    def _read(self, day: str, position: int) -> None:
        self._ask_state()
        turn = self._turn
        call = self._source.read_log(
            self.place.location_id, self.query, day, position, backward=True
        )

        def take(page: LogPage) -> None:
            if turn == self._turn:
                self._take_page(day, page)

        drop = self._bridge.ask(call, self, take, self._fail)
        if not self.is_following:  # else it would end the stream
            self._cancel = drop

    def _search(self) -> None:
        self._ask_state()
        call = self._source.search_logs(self.place.location_id, self.query, self._token)
        self._cancel = self._bridge.ask(call, self, self._take_found, self._fail)

    def _go_on(self) -> None:
        if self.is_following:
            self._follow()

    def _take_list(self, logs: tuple[Log, ...]) -> None:
        if logs != self.logs:
            self.logs = logs
            self.listed.emit()
        self.changed.emit()

    def _take_page(self, day: str, page: LogPage) -> None:
        self._came()
        if self._end is None:
            self._end = day, page.end
        self._begin = None if page.at_begin else (day, page.begin)
        if page.lines:
            self.prepended.emit(page.lines)
        self.changed.emit()
        if not page.lines and self._begin is not None:
            self.more()  # what was looked at had none

    def _take_found(self, page: FoundPage) -> None:
        self._came()
        self._token = page.next_token
        self.searched = page.searched or self.searched
        if page.lines:
            self.appended.emit(page.lines)
        self.changed.emit()
        if not page.lines and self._token:
            self.more()

    def _take_followed(self, turn: int, came: Followed) -> None:
        if turn != self._turn:
            return
        self._came()
        is_first = self._end is None or came.is_anew
        if came.is_anew:
            self.emptied.emit()
        if came.sesam_day:
            if self._end is not None and self._end[0] != came.sesam_day:
                self._list_again()
            self._end = came.sesam_day, came.end
        if is_first and came.sesam_day:
            begin = came.lines[0].position if came.lines else came.end
            self._begin = (came.sesam_day, begin) if begin else None
        if came.lines:
            self.appended.emit(came.lines)
        self.changed.emit()
        if is_first and not came.lines:
            self.more()  # what was looked at had none

    def _list_again(self) -> None:
        self._cancel_list()
        call = self._source.logs(self.place.location_id)
        self._cancel_list = self._bridge.ask(call, self, self._take_list, self._fail)

    def _came(self) -> None:
        self.is_asking, self.problem, self.as_of = False, "", self._now()

    def _fail(self, error: Exception) -> None:
        self.is_asking = False
        self.problem = notice(error, "read its logs", self.place.name).text
        is_older = isinstance(error, LocationError) and error.reason == DeskReason.NOT_SUPPORTED
        if self.is_following and not is_older and self.place.darkness is None:
            self._again.start()
        self.changed.emit()

    def _take_fleet(self, change: FleetChange) -> None:
        here = self.place.location_id
        if here in change.pictures:
            self._list_again()
            if self.is_following and self._end is not None:
                self._cancel()
                self._again.start()  # goes on where it ended
            elif self.as_of is None:
                self._reload()
        if here in change.connections or change.locations_listed or here in change.pictures:
            self.changed.emit()
