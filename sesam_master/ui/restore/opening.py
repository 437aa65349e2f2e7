"""Opens the tabs that begin with a saveset: restore, and the comparison of two savesets."""

from collections.abc import Callable
from datetime import datetime

from sesam_master.core.gateway import FleetGateway
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.main_window import MainWindow
from sesam_master.ui.restore.compare import ComparePage
from sesam_master.ui.restore.page import RestorePage
from sesam_master.ui.theme import ThemeHolder


class RestorePages:
    """Each restore is a tab of its own."""

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        window: MainWindow,
        now: Callable[[], datetime],
    ) -> None:
        self._holder = holder
        self._bridge = bridge
        self._gateway = gateway
        self._window = window
        self._now = now

    def open(self, location_id: str, saveset: str | None, task: str) -> None:
        """Without a task, it or a file is looked for in the page that opens."""
        page = RestorePage(
            *(self._holder, self._bridge, self._gateway, location_id, task, saveset),
            clock=self._now,
        )
        page.renamed.connect(lambda: self._window.rename_page(page))
        page.compare_wanted.connect(lambda: self._compare(page))
        self._window.open_page(page)
        (page.tree if task else page.by_name.text).setFocus()

    def _compare(self, restore: RestorePage) -> None:
        chosen, savesets = restore.presenter.saveset, restore.presenter.savesets
        if chosen is not None:
            page = ComparePage(
                *(self._holder, self._bridge, self._gateway, savesets, chosen, self._now())
            )
            self._window.open_page(page)
