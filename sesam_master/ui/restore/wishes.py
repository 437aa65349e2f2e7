"""What a person wants to restore from, chosen as soon as the location has said enough: a saveset by
its name, one for a moment, or the newest version of a file."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, Signal

from sesam_master.core.finding import FoundFile, at_moment, is_usable
from sesam_master.ui.restore.finder import Finder
from sesam_master.ui.restore.presenter import RestorePresenter


class Wishes(QObject):
    """`found` carries a Saveset, `opened` a Version, `missed` a sentence why there is none.
    `clocks` writes a moment.

    Attributes:
        path: what is to be ticked in the saveset that is wanted by its name.
    """

    found = Signal(object)
    opened = Signal(object)
    missed = Signal(str)

    def __init__(
        self,
        presenter: RestorePresenter,
        finder: Finder,
        clocks: Callable[[datetime], str],
        saveset: str,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.path = b""
        self._presenter = presenter
        self._finder = finder
        self._clocks = clocks
        self._name = saveset
        self._moment: datetime | None = None
        self._is_opening = False
        finder.versions.changed.connect(self._look_at_versions)

    @property
    def is_opening(self) -> bool:
        """The versions of a file are awaited."""
        return self._is_opening

    def forget(self) -> None:
        """Nothing is wanted any more."""
        self._name, self.path, self._moment, self._is_opening = "", b"", None, False

    def want_saveset(self, name: str, path: bytes) -> None:
        """This one of the task, and the path ticked in it."""
        self.forget()
        self._name, self.path = name, path

    def want_moment(self, moment: datetime) -> None:
        """The newest one that stands for a moment."""
        self.forget()
        self._moment = moment
        self.look_at_savesets()

    def want_file(self, file: FoundFile) -> None:
        """Its newest version that can be restored."""
        self.forget()
        self._is_opening = True
        self._finder.show_versions(file.client, file.path)
        self._look_at_versions()

    def look_at_savesets(self) -> None:
        """Others are here."""
        if self._moment is not None:
            self._look_for_moment(self._moment)
        elif self._presenter.savesets and (self._name or self._presenter.saveset is None):
            self._look_for_name()

    def _look_for_name(self) -> None:
        presenter, name = self._presenter, self._name
        by_name = {saveset.name: saveset for saveset in presenter.savesets}
        if name and name not in by_name:
            if presenter.next_token:
                presenter.load_savesets()  # it is older than what is here
                return
            self.forget()
            self.missed.emit(
                f"{presenter.location} has no saveset {name} of {presenter.task} any more. "
                "Choose another one."
            )
            if presenter.saveset is not None:
                return
        self._name = ""
        usable = (saveset for saveset in presenter.savesets if is_usable(saveset))
        newest = next(usable, presenter.savesets[0])
        self.found.emit(by_name.get(name, newest))

    def _look_for_moment(self, moment: datetime) -> None:
        presenter = self._presenter
        saveset = at_moment(presenter.savesets, moment)
        if saveset is None and (presenter.next_token or not presenter.is_loaded):
            presenter.load_savesets()
            return
        self._moment = None
        if saveset is not None:
            self.found.emit(saveset)
            return
        self.missed.emit(
            f"No saveset of {presenter.task} that can be restored is as old as "
            f"{self._clocks(moment)}. Choose a later time."
        )

    def _look_at_versions(self) -> None:
        found = self._finder.versions
        if not self._is_opening or found.is_asking:
            return
        version = next((one for one in found.items if one.source is not None), None)
        if version is None and found.next_token and not found.trouble:
            found.more()
            return
        self._is_opening = False
        if version is not None:
            self.opened.emit(version)
            return
        lost = "No saveset has its data: they were deleted, or it was listed and not saved."
        self.missed.emit(found.trouble or lost)
