"""The page "Backups by state" of a desk over real connections, driven as by a person."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from sesam_master.core.registry import Registration
from sesam_master.local import MemoryCredentials, MemoryRegistry, NoPictures
from sesam_master.remote.hub import Hub
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.filters import ResultFilter
from sesam_master.ui.results.page import ResultsPage
from sesam_master.ui.theme import ThemeHolder, ThemeMode

LONGEST_SECONDS = 60.0


class Desk:
    """The page in a window that is shown, and the network thread behind it."""

    def __init__(self, registrations: Sequence[Registration], credentials: dict[str, str]) -> None:
        slot: list[Hub] = []
        self.bridge = Bridge(lambda coroutine, done: slot[0].submit(coroutine, done))
        kept = MemoryCredentials()
        for location_id, credential in credentials.items():
            kept.put(location_id, credential)
        self.hub = Hub(MemoryRegistry(registrations), kept, NoPictures(), self.bridge.deliver)
        slot.append(self.hub)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        holder = ThemeHolder(application, ThemeMode.LIGHT)
        self.page = ResultsPage(
            holder, self.bridge, self.hub.gateway, lambda *_: None, lambda *_: None
        )
        self.page.resize(1600, 900)
        self.page.show()
        self.hub.start()

    def narrow(self, chosen: ResultFilter, answered: int) -> float:
        """Milliseconds from the choice until the rows of so many locations are painted."""
        return self._until_painted(lambda: self.page.facets.narrowed.emit(chosen), answered)

    def next_page(self, answered: int) -> float:
        """As `narrow`, of the page behind the rows that are there."""
        rows = self.rows
        return self._until_painted(self.page.model.more_requested.emit, answered, rows + 1)

    @property
    def rows(self) -> int:
        return self.page.model.rowCount()

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        """Raises RuntimeError after a minute."""
        loop = QEventLoop()
        deadline = time.perf_counter() + LONGEST_SECONDS
        while not is_so():
            if time.perf_counter() > deadline:
                raise RuntimeError("The desk does not show what it was asked for.")
            QTimer.singleShot(20, loop.quit)
            loop.exec()

    def _until_painted(self, act: Callable[[], None], answered: int, least: int = 0) -> float:
        presenter, loop = self.page.presenter, QEventLoop()
        paints = self.page.table.viewport()

        def look() -> None:
            """Comes after the page's own slot."""
            is_here = presenter.coverage().covered >= answered and not presenter.is_behind
            if is_here and self.rows >= least:
                loop.quit()

        presenter.changed.connect(look)
        QTimer.singleShot(int(LONGEST_SECONDS * 1000), loop.quit)
        QApplication.processEvents()
        begin = time.perf_counter()
        act()
        loop.exec()
        paints.repaint()
        taken = time.perf_counter() - begin
        presenter.changed.disconnect(look)
        if taken > LONGEST_SECONDS:
            raise RuntimeError("The desk does not show what it was asked for.")
        return taken * 1000

    def close(self) -> None:
        self.bridge.close()
        self.hub.stop(10.0)
        self.page.close()
        self.page.deleteLater()


@contextmanager
def desk_over(registrations: Sequence[Registration], credentials: dict[str, str]) -> Iterator[Desk]:
    """A desk that is gone at the end of the block."""
    desk = Desk(registrations, credentials)
    try:
        yield desk
    finally:
        desk.close()
