"""The windows of a task's form that look at its client: the source browser and the exclude
tester."""

from PySide6.QtCore import QObject

from sesam_master.core.client_files import WalkWish
from sesam_master.core.client_files_source import ClientFilesSource
from sesam_master.core.records import Task
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.components.exclude_tester import ExcludeTester
from sesam_master.ui.components.source_browser import SourceBrowser
from sesam_master.ui.components.task_form import TaskForm
from sesam_master.ui.objects.place import Place
from sesam_master.ui.theme import ThemeHolder


class ClientWindows(QObject):
    """Opens them for what stands in the form, saved or not; one of each at a time."""

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        source: ClientFilesSource,
        place: Place,
        form: TaskForm,
    ) -> None:
        super().__init__(form)
        self._holder, self._bridge, self._source = holder, bridge, source
        self._place, self._form = place, form
        self.browser: SourceBrowser | None = None
        self.tester: ExcludeTester | None = None
        self._of = _identity(form.task)
        form.browse.clicked.connect(self.open_browser)
        form.test.clicked.connect(self.open_tester)
        form.edited.connect(self._follow)
        form.shown.connect(self._show_task)
        bridge.fleet_changed.connect(self._show)
        self._show()

    def open_browser(self) -> None:
        """Of the client that is chosen."""
        if self.browser is not None:
            self.browser.close()
        place = (self._place.location_id, self._place.name, self._form.task.client)
        browser = SourceBrowser(
            *(self._holder, self._bridge, self._source, place, self._place.zones.site),
            self._form,
        )
        self.browser = browser
        browser.picked.connect(self._form.add_sources)
        browser.finished.connect(self._forget_browser)
        browser.show()

    def open_tester(self) -> None:
        """Of the sources and excludes that stand there."""
        if self.tester is not None:
            self.tester.close()
        place = (self._place.location_id, self._place.name)
        tester = ExcludeTester(
            *(self._holder, self._bridge, self._source, place, _wish(self._form.task)), self._form
        )
        self.tester = tester
        tester.finished.connect(self._forget_tester)
        tester.show()

    def _show(self) -> None:
        """Why nothing can be looked at there now."""
        hindrance, task = self._place.hindrance, self._form.task
        reason = hindrance or ("" if task.client else "Choose a client first.")
        for button, missing in (
            (self._form.browse, ""),
            (self._form.test, "" if task.sources else "Name its sources first."),
        ):
            button.setEnabled(not (reason or missing))
            button.setToolTip(reason or missing)

    def _show_task(self) -> None:
        """What was opened for another task does not go on with this one."""
        if self._form.is_other and _identity(self._form.task) != self._of:
            for window in (self.browser, self.tester):
                if window is not None:
                    window.close()
        self._of = _identity(self._form.task)
        self._show()

    def _follow(self, task: Task) -> None:
        if self.browser is not None and task.client != self._of[0]:
            self.browser.close()
        self._of = _identity(task)
        self._show()
        if self.tester is not None:
            self.tester.set_wish(_wish(task))

    def _forget_browser(self) -> None:
        self.browser = None

    def _forget_tester(self) -> None:
        self.tester = None


def _identity(task: Task) -> tuple[str, str]:
    return task.client, task.name


def _wish(task: Task) -> WalkWish:
    return WalkWish(task.client, task.sources, task.excludes, task.options, task.name)
