"""Brings what was known of dark locations into the results, without holding up the window."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from sesam_master.core.fleet import Picture
from sesam_master.core.results import ResultMerge

SLICE_JOBS = 1000  # about 15 ms when they are looked at for the first time


class Remembering(QObject):
    """A few locations at a time: each may have thousands of jobs to be converted and sorted.
    `came` is called after each slice.

    Attributes:
        waiting: the pictures that are not in the merge yet, by location id.
    """

    def __init__(self, came: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self.waiting: dict[str, Picture] = {}
        self._came = came
        self._merge: ResultMerge | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self._go_on)

    def begin(self, merge: ResultMerge, pictures: dict[str, Picture]) -> None:
        """In place of what still waits; the first slice comes at once."""
        self._pause.stop()
        self._merge, self.waiting = merge, pictures
        if pictures:
            self._go_on()

    def _go_on(self) -> None:
        jobs = 0
        while self._merge is not None and self.waiting and jobs < SLICE_JOBS:
            location_id, picture = self.waiting.popitem()
            self._merge.remember(location_id, picture.jobs.values())
            jobs += len(picture.jobs)
        if self.waiting:
            self._pause.start()
        self._came()
