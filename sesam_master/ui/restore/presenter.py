"""Asks one location for savesets and listings, starts a restore and follows it to its end."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from PySide6.QtCore import QObject, Signal

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import FleetChange, LocationState
from sesam_master.core.gateway import EntryPage, FleetGateway
from sesam_master.core.records import Entry, Job, Saveset
from sesam_master.core.restoring import RestoreOrder
from sesam_master.core.savesets import SavesetPage
from sesam_master.core.states import Connection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.notices import notice
from sesam_master.ui.observing import observe_reason
from sesam_master.ui.restore.tree import shown_name
from sesam_master.ui.results.rows import RateMeter, ResultRow, make_row


class RestorePresenter(QObject):
    """One restore of one task. `failed` carries a sentence for people."""

    savesets_changed = Signal()
    came_back = Signal()  # the location can be asked again
    place_changed = Signal()
    job_changed = Signal()
    failed = Signal(str)

    def __init__(
        self,
        bridge: Bridge,
        gateway: FleetGateway,
        location_id: str,
        task: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.location_id = location_id
        self.task = task
        self.savesets: list[Saveset] = []
        self.next_token = ""
        self.is_loaded = False
        self.saveset: Saveset | None = None
        self.job: Job | None = None
        self.is_starting = False
        self._lost: tuple[RestoreOrder, str] | None = None  # sent, its answer was lost
        self._bridge = bridge
        self._gateway = gateway
        self._clock = clock
        self._rates = RateMeter()
        self._known = self.place
        self._is_listing = False
        self._stop_listing: Callable[[], None] = lambda: None
        self.days = ("", "")
        self._was_live = self.place is not None and self.place.is_live
        bridge.fleet_changed.connect(self._take_change)

    @property
    def place(self) -> LocationState | None:
        """What is known of the location."""
        return self._bridge.fleet.locations.get(self.location_id)

    @property
    def location(self) -> str:
        """The desk's name for the location."""
        return self.place.registration.name if self.place else self.location_id

    @property
    def zone(self) -> tzinfo:
        """The site's time zone."""
        return self.place.zone if self.place else UTC

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of the location's tasks, as far as they are known."""
        return tuple(self.place.picture.tasks) if self.place and self.place.picture else ()

    @property
    def clients(self) -> tuple[str, ...]:
        """Names of the location's clients, as far as they are known."""
        return tuple(self.place.picture.clients) if self.place and self.place.picture else ()

    def now(self) -> datetime:
        """The desk's clock, UTC."""
        return self._clock()

    def set_task(self, task: str) -> None:
        """Another task: its savesets are asked for, and none of them is chosen."""
        self._stop_listing()
        self.task, self.savesets, self.next_token, self.saveset = task, [], "", None
        self.days = ("", "")
        self.is_loaded = self._is_listing = False
        self.savesets_changed.emit()
        self.load_savesets()

    def in_period(self) -> list[Saveset]:
        """The savesets that are here and of the wanted sesam days, newest first."""
        first, last = self.days
        return [
            saveset
            for saveset in self.savesets
            if (not first or saveset.sesam_day >= first) and (not last or saveset.sesam_day <= last)
        ]

    def reach_period(self) -> None:
        """Ask for older savesets, until those of the wanted days are here."""
        bound = self.days[0] or self.days[1]
        if bound and self.next_token and all(one.sesam_day >= bound for one in self.savesets):
            self.load_savesets()

    def load_savesets(self) -> None:
        """Ask for the next page of the task's savesets, newest first, unless it is on its way."""
        if self._is_listing or not self.task:
            return
        self._is_listing = True
        failing = self._failing("list the savesets of " + self.task)

        def failed(error: Exception) -> None:
            self._is_listing = False
            failing(error)

        def done(page: SavesetPage) -> None:
            self._is_listing = False
            self.is_loaded = True
            self.savesets += page.savesets
            self.next_token = page.next_token
            self.savesets_changed.emit()

        coroutine = self._gateway.savesets(self.location_id, self.task, self.next_token)
        self._stop_listing = self._bridge.ask(coroutine, self, done, failed)

    def entry(
        self, path: bytes, done: Callable[[Entry], None], failed: Callable[[str], None]
    ) -> None:
        """One entry of the chosen saveset's listing."""
        if self.saveset is None:
            return
        doing = f"find {shown_name(path)} in {self.saveset.name}"
        coroutine = self._gateway.entry(self.location_id, self.saveset.name, path)
        self._bridge.ask(
            coroutine, self, done, lambda error: failed(notice(error, doing, self.location).text)
        )

    def entries(
        self,
        directory: bytes,
        page_token: str,
        done: Callable[[EntryPage], None],
        failed: Callable[[str], None],
    ) -> None:
        """A page of a directory of the chosen saveset; without one nothing is asked."""
        if self.saveset is None:
            return
        doing = f"read the listing of {self.saveset.name}"

        def say(error: Exception) -> None:
            sentence = notice(error, doing, self.location).text
            failed(sentence)
            self.failed.emit(sentence)

        coroutine = self._gateway.entries(
            self.location_id, self.saveset.name, directory, page_token
        )
        self._bridge.ask(coroutine, self, done, say)

    def start(self, order: RestoreOrder) -> None:
        """Begin the restore, or the dry run of it. The same once more after a lost answer does
        nothing twice."""
        if self.saveset is None or self.is_starting:
            return
        self.is_starting = True
        was_lost = self._lost is not None and self._lost[0] == order
        request_id = self._lost[1] if self._lost is not None and was_lost else str(uuid.uuid4())

        def done(job: Job) -> None:
            self.is_starting = False
            self.job, self._lost = job, None
            self.job_changed.emit()
            # Its end may have been told before this answer came.
            self._read_job()

        def fail(error: Exception) -> None:
            self.is_starting = False
            trouble = error.trouble if isinstance(error, LocationError) else None
            may_have_begun = trouble is Trouble.NO_ANSWER or was_lost
            is_known = trouble is Trouble.REJECTED
            self._lost = (order, request_id) if may_have_begun and not is_known else None
            self._failing(f"restore from {order.saveset}")(error)

        coroutine = self._gateway.start_restore(self.location_id, order, request_id)
        self._bridge.ask(coroutine, self, done, fail)

    def take_job(self, job: Job) -> None:
        """The newest value of the restore; nothing follows its end."""
        if self.job is not None and not self.job.is_open:
            return
        self.job = job
        self._rates.see(job, self.now())
        self.job_changed.emit()

    def row(self) -> ResultRow | None:
        """The restore's job as it may be shown now: unknown while open, once its location is not
        listed any more."""
        if self.place is not None:
            self._known = self.place
        elif self._known is not None:
            self._known = replace(self._known, connection=Connection.OFF)
        if self.job is None or self._known is None:
            return None
        return make_row(self.job, self._known, self._rates, self.now())

    def _take_change(self, change: FleetChange) -> None:
        place_id = self.location_id
        if change.locations_listed or place_id in change.connections | change.pictures:
            self.place_changed.emit()
            self._note_return()
            if place_id in change.pictures:
                self._read_job()
        if self.job is None or (place_id, self.job.id) not in change.jobs or self.place is None:
            return
        picture = self.place.picture
        job = picture.jobs.get(self.job.id) if picture else None
        if job is not None:
            self.take_job(job)
        else:
            self._read_job()

    def _note_return(self) -> None:
        is_live = self.place is not None and self.place.is_live
        if is_live and not self._was_live:
            if not self.is_loaded:
                self.load_savesets()
            self.came_back.emit()
        self._was_live = is_live

    def _read_job(self) -> None:
        """The watch forgets an ended restore: what became of it is asked for."""
        if self.job is None or not self.job.is_open:
            return
        doing = f"read the result of restore {self.job.id}"
        coroutine = self._gateway.job(self.location_id, self.job.id)
        self._bridge.ask(coroutine, self, self.take_job, self._failing(doing))

    def _failing(self, doing: str) -> Callable[[Exception], None]:
        def failed(error: Exception) -> None:
            self.failed.emit(notice(error, doing, self.location).text)

        return failed


def start_trouble(place: LocationState | None) -> str | None:
    """Why nothing can be restored at this location now."""
    if place is None:
        return "The location is not listed any more."
    if not place.is_live:
        return f"{place.registration.name} is dark; nothing can be sent to it."
    if (observed := observe_reason(place)) is not None:
        return observed
    if not place.role.may_restore:
        name = place.registration.name
        return f"This desk has the role {place.role.value} at {name}. Ask for the role restore."
    return None


def damage_sentence(saveset: Saveset) -> str:
    """What is to be said of a saveset that its location does not vouch for."""
    why = saveset.damage or "it, or one that it builds on, is damaged or not on its medium"
    return (
        f"The saveset {saveset.name} cannot be restored whole: {why.rstrip('.')}. "
        "Choose another one, or check the data store."
    )


def target_trouble(text: str) -> str | None:
    """What is wrong with the name of a target directory."""
    if not text:
        return "Name the directory to restore into, for example /srv/restore."
    if not text.startswith("/"):
        return f"“{text}” is not an absolute path. It begins with “/”, for example /{text}."
    if "\0" in text:
        return "A path cannot hold a zero byte."
    if ".." in text.split("/"):
        return f"“{text}” has “..” in it. Give the directory itself."
    return None
