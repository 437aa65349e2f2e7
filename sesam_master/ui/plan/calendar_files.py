"""Takes dates of a schedule out of a calendar file, and writes a schedule into one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from PySide6.QtCore import QIODevice, QObject, QSaveFile
from PySide6.QtWidgets import QFileDialog, QWidget

from sesam_master.core.plan import MAX_DATES, Schedule
from sesam_master.core.plan_source import PlanSource
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.notices import Notice, notice
from sesam_master.ui.plan.presenter import PlanPresenter

LARGEST = 1 << 20  # bytes; the agent reads no larger ones
_AHEAD = timedelta(days=3660)  # the agent looks no further
_KINDS = "Calendar files (*.ics)"


class CalendarFiles(QObject):
    """Works on the chosen schedule. A failure stands where those of saving stand."""

    def __init__(
        self, page: QWidget, bridge: Bridge, source: PlanSource, presenter: PlanPresenter
    ) -> None:
        super().__init__(page)
        self._page = page
        self._bridge = bridge
        self._source = source
        self._presenter = presenter

    def ask_import(self) -> None:
        """Asks for a file."""
        path, _kind = QFileDialog.getOpenFileName(self._page, "Import dates", "", _KINDS)
        if path:
            self.take(Path(path))

    def ask_export(self) -> None:
        """Asks for a file."""
        draft = self._presenter.draft
        if draft is None or draft.base is None:
            return
        name = f"{draft.base.name}.ics"
        path, _kind = QFileDialog.getSaveFileName(self._page, "Export schedule", name, _KINDS)
        if path:
            self.write(Path(path))

    def take(self, path: Path) -> None:
        """Adds the dates of a calendar file to those of the schedule."""
        try:
            size = path.stat().st_size
            content = path.read_bytes() if size <= LARGEST else b""
        except OSError as error:
            why = f"{path} cannot be read: {error.strerror}."
            self._say(Notice("The dates were not imported.", why, "Choose another file."))
            return
        if size > LARGEST:
            why = f"{path} is larger than 1 MiB."
            self._say(Notice("The dates were not imported.", why, "Split it in two."))
            return
        schedule = self._schedule()
        if schedule is None:
            return
        key = self._presenter.key
        first = max(schedule.start_date, self._presenter.today)
        last = min(schedule.end_date or date.max, first + _AHEAD)
        if last < first:
            why = f"{schedule.name or 'The schedule'} is valid to {schedule.end_date} only."
            self._say(Notice("The dates were not imported.", why, "Move its last day first."))
            return
        self._ask(
            self._source.read_calendar_file(
                self._presenter.place.location_id, content, first, last
            ),
            "read the calendar file",
            lambda dates: self._add(key, dates, f"{path.name} has no date from {first} to {last}."),
        )

    def write(self, path: Path) -> None:
        """Writes the schedule as the location has it, wholly or not at all."""
        draft = self._presenter.draft
        if draft is None or draft.base is None:
            return
        self._ask(
            self._source.write_calendar_file(self._presenter.place.location_id, draft.base.name),
            "write the calendar file",
            lambda content: self._keep(path, content),
        )

    def _add(self, key: object, dates: tuple[date, ...], nothing: str) -> None:
        schedule = self._schedule()
        if schedule is None or key != self._presenter.key:
            return
        found = sorted({*schedule.dates, *dates})
        if not dates or len(found) > MAX_DATES:
            too_many = f"{len(found)} dates are more than a schedule can have."
            why = too_many if dates else nothing
            more = f"At most {MAX_DATES} can be." if dates else "Look at the validity."
            self._say(Notice("The dates were not imported.", why, more))
            return
        self._presenter.edit(replace(schedule, dates=tuple(found)))
        self._presenter.chosen_changed.emit()

    def _keep(self, path: Path, content: bytes) -> None:
        file = QSaveFile(str(path))
        is_kept = (
            file.open(QIODevice.OpenModeFlag.WriteOnly)
            and file.write(content) == len(content)
            and file.commit()
        )
        if not is_kept:
            why = f"{path} cannot be written: {file.errorString()}."
            file.cancelWriting()
            self._say(Notice("The schedule was not exported.", why, "Choose another place."))

    def _ask(self, call: object, doing: str, done: Callable[..., None]) -> None:
        self._say(None)
        name = self._presenter.place.name
        self._bridge.ask(
            call,  # type: ignore[arg-type]
            self,
            done,
            lambda error: self._say(notice(error, doing, name)),
        )

    def _say(self, problem: Notice | None) -> None:
        self._presenter.problem = problem
        self._presenter.changed.emit()

    def _schedule(self) -> Schedule | None:
        draft = self._presenter.draft
        item = draft.item if draft is not None else None
        return item if isinstance(item, Schedule) else None
