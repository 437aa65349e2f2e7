"""The page "Restore": which saveset and files, where to, and the run itself."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

import tzlocal
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.acts import Made
from sesam_master.core.coverage import Coverage
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Job, Saveset
from sesam_master.core.states import JobState
from sesam_master.ui.acts.cancelling import Cancelling
from sesam_master.ui.acts.strip import ActStrip
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import age_between, size_text
from sesam_master.ui.icons import icon
from sesam_master.ui.restore.model import ListingModel
from sesam_master.ui.restore.presenter import (
    RestorePresenter,
    damage_sentence,
    start_trouble,
    target_trouble,
)
from sesam_master.ui.restore.savesets import saveset_table
from sesam_master.ui.restore.steps import RunStep, TargetStep
from sesam_master.ui.restore.tree import Choice
from sesam_master.ui.restore.view import ListingView
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.banner import Banner
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.empty_state import EmptyContent, EmptyState
from sesam_master.ui.widgets.page_header import PageHeader
from sesam_master.ui.widgets.steps import StepStrip

FILES, TARGET, RUN = range(3)
SAVESETS_WIDTH = 420


class RestorePage(QWidget):
    """A tab: one may look elsewhere meanwhile. Without `saveset` the newest one is chosen."""

    icon_name = "rotate-ccw"

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        location_id: str,
        task: str,
        saveset: str | None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self._holder = holder
        self._wanted = saveset
        self._zone: tzinfo = tzlocal.get_localzone()
        self.presenter = RestorePresenter(bridge, gateway, location_id, task, clock, self)
        self.title = f"Restore: {task}, {self.presenter.location}"
        self.header = PageHeader(holder, "Restore", Coverage(0, 1))
        self.steps = StepStrip(holder, ["Files", "Target", "Run"])
        self.banner = Banner(holder, "")
        self.savesets, self.saveset_view = saveset_table(holder, self._zone, self)
        self.listing = ListingModel(self.presenter.entries, self._zone, self)
        self.tree = ListingView(holder, self.listing)
        self.empty = EmptyState(holder, EmptyContent("rotate-ccw", "", ""))
        self.target = TargetStep(holder)
        self.run = RunStep(holder, bridge, gateway, self._zone)
        self.cancel = ActStrip(holder, bridge, Cancelling(gateway))
        self.summary = ElidedLabel(holder, "", "strong")
        self.back = QPushButton("Back")
        self.next = QPushButton("Next: target")
        self._stack = QStackedWidget()
        self._foot = QWidget()
        self._lay_out()
        self._connect()
        self._show_place()
        self.presenter.load_savesets()
        bridge.aged.connect(self._show_place)

    @property
    def step(self) -> int:
        """FILES, TARGET or RUN."""
        return self.steps.current

    def choice(self) -> Choice:
        """How much is chosen to be restored."""
        return self.listing.tree.choice()

    # -- parts

    def _lay_out(self) -> None:
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        files = QSplitter(Qt.Orientation.Horizontal)
        files.addWidget(self.saveset_view)
        files.addWidget(self.tree)
        files.setSizes([SAVESETS_WIDTH, 900])
        files.setStretchFactor(1, 1)
        files.setChildrenCollapsible(False)
        for widget in (files, self.target, self.run, self.empty):
            self._stack.addWidget(widget)
        foot = self._foot
        foot.setProperty("surface", "window")
        foot.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        line = QFrame()
        line.setProperty("line", True)
        row = QHBoxLayout()
        row.setContentsMargins(16, 10, 12, 10)
        row.setSpacing(8)
        row.addWidget(self.summary, 1)
        row.addWidget(self.back)
        row.addWidget(self.next)
        edged = QVBoxLayout(foot)
        edged.setContentsMargins(0, 0, 0, 0)
        edged.setSpacing(0)
        edged.addWidget(line)
        edged.addLayout(row)
        self.next.setProperty("primary", True)
        self.banner.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self.steps)
        layout.addWidget(self.banner)
        layout.addWidget(self.cancel)
        layout.addWidget(self._stack, 1)
        layout.addWidget(foot)

    def _connect(self) -> None:
        self.presenter.savesets_changed.connect(self._show_savesets)
        self.presenter.place_changed.connect(self._show_place)
        self.presenter.came_back.connect(self._come_back)
        self.presenter.job_changed.connect(self._show_job)
        self.presenter.failed.connect(self._say)
        self.saveset_view.records_selected.connect(self._choose_saveset)
        self.savesets.more_requested.connect(self.presenter.load_savesets)
        self.listing.choice_changed.connect(self._show_foot)
        self.target.changed.connect(self._show_foot)
        self.steps.step_chosen.connect(self._go)
        self.back.clicked.connect(lambda: self._go(self.step - 1))
        self.next.clicked.connect(self._next)
        self.banner.triggered.connect(self.banner.hide)
        self.run.cancel.clicked.connect(self._ask_cancel)
        self.cancel.answered.connect(self._take_cancel)

    # -- what the location says

    def _show_savesets(self) -> None:
        presenter = self.presenter
        self.savesets.replace_all(presenter.savesets, bool(presenter.next_token))
        self._show_place()
        if presenter.savesets and presenter.saveset is None:
            keys = {saveset.name: saveset.key for saveset in presenter.savesets}
            first = presenter.savesets[0].key
            if self._wanted and self._wanted not in keys and presenter.next_token:
                presenter.load_savesets()  # the wanted one is older than what is here
                return
            self.saveset_view.select_key(keys.get(self._wanted or "", first))

    def _come_back(self) -> None:
        """What failed while the location was dark is asked for again; its sentence is over."""
        self.banner.hide()
        self.listing.retry()

    def _show_empty(self) -> None:
        """While there is no saveset to choose from, the reason stands in place of the lists."""
        presenter, place = self.presenter, self.presenter.place
        if presenter.savesets:
            if self._stack.currentWidget() is self.empty:
                self._stack.setCurrentIndex(self.step)
            return
        task, name = presenter.task, presenter.location
        if presenter.is_loaded:
            content = EmptyContent(
                "rotate-ccw",
                f"No savesets of {task} at {name}",
                "A saveset is there when a backup of the task has ended.",
            )
        elif place is None or not place.is_live:
            content = EmptyContent(
                "rotate-ccw",
                f"The savesets of {task} are not known",
                f"{name} is dark. They are listed as soon as it answers.",
            )
        else:
            content = EmptyContent("rotate-ccw", f"Asking {name} for the savesets of {task}", "")
        self.empty.set_content(content)
        self._stack.setCurrentWidget(self.empty)

    def _choose_saveset(self, chosen: list[Saveset]) -> None:
        if len(chosen) == 1 and chosen[0] != self.presenter.saveset:
            self.presenter.saveset = chosen[0]
            self.banner.hide()
            if chosen[0].damage or chosen[0].state is JobState.ERROR:
                self._say(damage_sentence(chosen[0]))
            self.listing.reload()
            self._show_place()

    def _show_place(self) -> None:
        presenter, place = self.presenter, self.presenter.place
        is_live = place is not None and place.is_live
        proof = place.proof_time if place else None
        age = age_between(proof, presenter.now())
        self.header.set_coverage(
            Coverage(int(is_live), 1),
            f"{presenter.location} {'live' if is_live else 'dark'}",
            age if is_live else f"as of {age} ago",
        )
        parts = [presenter.task, presenter.location]
        if presenter.saveset is not None:
            parts.insert(1, f"client {presenter.saveset.client}")
            parts.append(presenter.saveset.name)
        self.header.set_sentence(", ".join(parts))
        self._show_empty()
        self._show_job()

    def _show_job(self) -> None:
        row = self.presenter.row()
        if row is not None:
            if self.step != RUN:
                self.steps.set_current(RUN)
                self._stack.setCurrentWidget(self.run)
                if self.hasFocus():
                    self.run.protocol.setFocus(Qt.FocusReason.OtherFocusReason)
            self.run.show_row(row)
        self._show_foot()

    # -- steps

    def _go(self, step: int) -> None:
        self.banner.hide()
        self.steps.set_current(step)
        self._stack.setCurrentIndex(step)
        if step == TARGET and self.presenter.saveset is not None:
            paths = self.listing.tree.paths()
            self.target.show_choice(self.choice(), paths, self.presenter.saveset)
            self.target.directory.setFocus()
        self._show_foot()

    def _next(self) -> None:
        if self.step == FILES:
            self._go(TARGET)
        elif self.step == TARGET:
            target = os.fsencode(self.target.directory.text())
            self.setFocus(Qt.FocusReason.OtherFocusReason)  # else a field elsewhere gets it
            self.presenter.start(self.listing.tree.paths(), target)
            self._show_foot()

    def _ask_cancel(self) -> None:
        if self.presenter.job is not None and self.presenter.job.is_open:
            self.cancel.ask([self.presenter.job])

    def _take_cancel(self, _asked: Job, made: Made | None) -> None:
        for job in made.jobs if made is not None else ():
            self.presenter.take_job(job)

    def _show_foot(self) -> None:
        choice, step = self.choice(), self.step
        is_known = not choice.is_empty and choice.size_bytes is not None
        size = f", {size_text(choice.size_bytes)}" if is_known else ""
        self.summary.set_text(choice.words + size)
        self._foot.setVisible(step != RUN and bool(self.presenter.savesets))
        self.back.setVisible(step == TARGET)
        self.next.setText("Restore now" if step == TARGET else "Next: target")
        if step == TARGET:
            self.next.setIcon(icon("rotate-ccw", self._holder, "on_accent"))
        else:
            self.next.setIcon(icon("arrow-right", self._holder, "on_accent"))
        reason = self._next_trouble(choice)
        self.next.setEnabled(reason is None)
        self.next.setToolTip(reason or "")

    def _next_trouble(self, choice: Choice) -> str | None:
        if choice.is_empty:
            return "Choose files or folders first."
        if self.step == FILES:
            return None
        if self.presenter.is_starting:
            return "The restore is sent."
        return start_trouble(self.presenter.place) or target_trouble(self.target.directory.text())

    def _say(self, sentence: str) -> None:
        self.banner.set_text(sentence, "Close")
        self.banner.show()
        self._show_foot()
