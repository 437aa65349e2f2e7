"""The page "Restore": which saveset and files, where to, and the run itself."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

import tzlocal
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.coverage import Coverage
from sesam_master.core.finding import FoundFile, Version
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import EntryKind, Saveset
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import age_between
from sesam_master.ui.observing import observe_reason
from sesam_master.ui.restore.emptiness import savesets_emptiness
from sesam_master.ui.restore.files_step import files_step
from sesam_master.ui.restore.find_step import FilePane, TaskPane, find_step
from sesam_master.ui.restore.finder import Finder
from sesam_master.ui.restore.foot import RestoreFoot
from sesam_master.ui.restore.last_steps import LastSteps, amount_words
from sesam_master.ui.restore.model import ListingModel
from sesam_master.ui.restore.moment_bar import MomentBar
from sesam_master.ui.restore.presenter import RestorePresenter, damage_sentence
from sesam_master.ui.restore.preview import PreviewPane
from sesam_master.ui.restore.savesets import saveset_table
from sesam_master.ui.restore.seeking import ListingSeeker
from sesam_master.ui.restore.sentences import moment_words, two_clocks
from sesam_master.ui.restore.tree import Choice, Node, shown_name
from sesam_master.ui.restore.versions import VersionsPane
from sesam_master.ui.restore.view import ListingView
from sesam_master.ui.restore.wishes import Wishes
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.banner import Banner
from sesam_master.ui.widgets.empty_state import EmptyContent, EmptyState
from sesam_master.ui.widgets.page_header import PageHeader
from sesam_master.ui.widgets.steps import StepStrip

FIND, FILES, TARGET, CHECK, RUN = range(5)
REST_MS = 150  # a file that is only passed over is not asked for


class RestorePage(QWidget):
    """A tab: one may look elsewhere meanwhile. Without `saveset` the newest one is chosen that can
    be restored; without a task it begins with finding. `renamed`: the title is another one."""

    icon_name = "rotate-ccw"
    renamed = Signal()
    compare_wanted = Signal()

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
        presenter = RestorePresenter(bridge, gateway, location_id, task, clock, self)
        self.presenter = presenter
        self._zone: tzinfo = presenter.zone
        self._mine: tzinfo = tzlocal.get_localzone()
        self.title = ""
        self.finder = Finder(bridge, gateway, location_id, lambda: presenter.location, self)
        self.wishes = Wishes(presenter, self.finder, self._clocks, saveset or "", self)
        year = presenter.now().astimezone(self._zone).year
        self.header = PageHeader(holder, "Restore", Coverage(0, 1))
        self.steps = StepStrip(holder, ["Find", "Moment and files", "Target", "Check", "Run"])
        self.banner = Banner(holder, "")
        self.savesets, self.saveset_view = saveset_table(holder, self._zone, year, self)
        self.listing = ListingModel(self.presenter.entries, self._zone, self, year=year)
        self.tree = ListingView(holder, self.listing)
        self.seeker = ListingSeeker(self.listing, presenter.entry, self)
        self.by_task = TaskPane(holder, self.saveset_view)
        self.by_name = FilePane(holder, self._zone, year, self.finder)
        self.moments = MomentBar(holder, self._zone, self._mine, clock)
        self.versions = VersionsPane(holder, self._zone, year, self.finder)
        self.preview = PreviewPane(holder, bridge, gateway, location_id)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self.empty = EmptyState(holder, EmptyContent("rotate-ccw", "", ""))
        self.last = LastSteps(holder, bridge, gateway, presenter, self.listing, self._zone)
        self._shown_job = ""
        self._foot = RestoreFoot(holder)
        self.back, self.next = self._foot.back, self._foot.next
        self._stack = QStackedWidget()
        self._lay_out()
        self._connect()
        self._name()
        self._go(FILES if task else FIND)
        self._show_savesets()
        self.presenter.load_savesets()
        bridge.aged.connect(self._show_place)

    @property
    def step(self) -> int:
        """FIND, FILES, TARGET, CHECK or RUN."""
        return self.steps.current

    def choice(self) -> Choice:
        """How much is chosen to be restored."""
        return self.listing.tree.choice()

    # -- parts

    def _lay_out(self) -> None:
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        files = files_step(self._holder, self.tree, self.versions, self.preview)
        find = find_step(self.by_task, self.by_name, self._holder)
        last = self.last
        for widget in (find, files, last.target, last.check, last.run, self.empty):
            self._stack.addWidget(widget)
        self.banner.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self.steps)
        layout.addWidget(self.banner)
        layout.addWidget(self.last.cancel)
        layout.addWidget(self.moments)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self._foot)

    def _connect(self) -> None:
        self.presenter.savesets_changed.connect(self._show_savesets)
        self.presenter.place_changed.connect(self._show_place)
        self.presenter.came_back.connect(self._come_back)
        self.presenter.job_changed.connect(self._show_job)
        self.presenter.failed.connect(self._say)
        self.saveset_view.records_selected.connect(self._choose_saveset)
        self.savesets.more_requested.connect(self.presenter.load_savesets)
        self.by_task.task_chosen.connect(self._choose_task)
        self.by_task.period_changed.connect(self._take_period)
        self.by_name.opened.connect(self._open_file)
        self.by_name.selected.connect(self._show_foot)
        self.moments.asked.connect(self.wishes.want_moment)
        self.moments.line.chosen.connect(self._pick)
        self.moments.compare.clicked.connect(self.compare_wanted)
        self.moments.line.more_requested.connect(self.presenter.load_savesets)
        self.versions.chosen.connect(self._take_version)
        self.wishes.found.connect(self._pick)
        self.wishes.opened.connect(self._take_version)
        self.wishes.missed.connect(self._say)
        self.seeker.reached.connect(self._show_node)
        self.seeker.missed.connect(self._say_missed)
        self.tree.selectionModel().currentRowChanged.connect(lambda *_: self._rest.start())
        self._rest.timeout.connect(self._ask_versions)
        self.listing.choice_changed.connect(self._show_foot)
        self.last.changed.connect(self._show_foot)
        self.last.sent.connect(self._sent)
        self.last.run.again.clicked.connect(lambda: self._go(TARGET))
        self.steps.step_chosen.connect(self._go)
        self.back.clicked.connect(lambda: self._go(self.step - 1))
        self.next.clicked.connect(self._next)
        self.banner.triggered.connect(self.banner.hide)

    # -- what the location says

    def _show_savesets(self) -> None:
        presenter = self.presenter
        shown, has_more = presenter.in_period(), bool(presenter.next_token)
        self.savesets.replace_all(shown, has_more)
        self.moments.line.show_savesets(shown, has_more)
        presenter.reach_period()
        self._show_place()
        self.wishes.look_at_savesets()

    def _pick(self, saveset: Saveset) -> None:
        """Choose one of those that are here, whatever the period says."""
        if saveset not in self.presenter.in_period():
            self.by_task.period.clear()
        self.saveset_view.select_key(saveset.key)

    def _come_back(self) -> None:
        """What failed while the location was dark is asked for again; its sentence is over."""
        self.banner.hide()
        self.listing.retry()
        self.finder.retry()

    def _show_empty(self) -> None:
        """While there is no saveset to choose from, the reason stands in place of the lists."""
        presenter, content = self.presenter, savesets_emptiness(self.presenter)
        self.by_task.show_empty(content)
        self.by_task.set_tasks(presenter.tasks, presenter.task)
        self.by_name.set_choices(presenter.tasks, presenter.clients)
        is_live = presenter.place is not None and presenter.place.is_live
        self.by_name.set_dark("" if is_live else presenter.location)
        self.moments.setVisible(self.step in (FIND, FILES) and bool(presenter.savesets))
        if content is None or presenter.savesets or self.step != FILES:
            self._stack.setCurrentIndex(self.step)
            return
        self.empty.set_content(content)
        self._stack.setCurrentWidget(self.empty)

    def _choose_saveset(self, chosen: list[Saveset]) -> None:
        if len(chosen) == 1 and chosen[0] != self.presenter.saveset:
            self.presenter.saveset = chosen[0]
            self.banner.hide()
            if chosen[0].damage or chosen[0].state is JobState.ERROR:
                self._say(damage_sentence(chosen[0]))
            self.by_name.view.clearSelection()
            self.versions.set_saveset(chosen[0].name)
            sought, self.wishes.path = self.wishes.path, b""
            current = self._current_path()
            self.seeker.seek(b"")
            self.listing.reload()
            # Who goes through the moments goes on to look at the same file.
            self.seeker.seek(sought or current, tick=bool(sought))
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
        parts = [presenter.task, presenter.location] if presenter.task else [presenter.location]
        if presenter.saveset is not None:
            parts.insert(1, f"client {presenter.saveset.client}")
            parts.append(presenter.saveset.name)
        self.header.set_sentence(", ".join(parts))
        number, has_more = len(presenter.savesets), bool(presenter.next_token)
        self.moments.show_chosen(presenter.saveset, number, has_more)
        self._show_empty()
        self._show_job()

    def _show_job(self) -> None:
        row = self.presenter.row()
        if row is not None:
            is_new, self._shown_job = self._shown_job != row.job.id, row.job.id
            # Once it has ended, or if it was a dry run, a person may choose otherwise.
            is_at_work = row.job.is_open and not row.job.dry_run
            if self.step != RUN and (is_new or is_at_work):
                self.steps.set_current(RUN)
                self._stack.setCurrentWidget(self.last.run)
                if self.hasFocus():
                    self.last.focus_run()
            self.last.run.show_row(row, observe_reason(self.presenter.place))
        self._show_foot()

    # -- finding

    def _choose_task(self, task: str) -> None:
        if task != self.presenter.task:
            self.wishes.forget()
            self._show_task(task)

    def _show_task(self, task: str) -> None:
        self.banner.hide()
        self.by_task.period.clear()
        self.seeker.seek(b"")
        self.listing.clear()
        self.presenter.set_task(task)
        self._name()

    def _name(self) -> None:
        task, location = self.presenter.task, self.presenter.location
        self.title = f"Restore: {task}, {location}" if task else f"Restore: {location}"
        self.renamed.emit()

    def _take_period(self) -> None:
        self.presenter.days = self.by_task.period.days
        self._show_savesets()

    def _open_file(self, file: FoundFile) -> None:
        self.banner.hide()
        self.wishes.want_file(file)

    def _take_version(self, version: Version) -> None:
        """The tree shows the newest saveset with this version, and has the file ticked."""
        holder, file, saveset = version.source, self.finder.file, self.presenter.saveset
        if holder is None or file is None:
            return
        self.wishes.forget()
        self._go(FILES)
        if saveset is not None and saveset.name == holder.saveset:
            self.seeker.seek(file[1])
            return
        self.wishes.want_saveset(holder.saveset, file[1])
        if holder.task != self.presenter.task:
            self._show_task(holder.task)
        else:
            self._show_savesets()

    def _ask_versions(self) -> None:
        """Of the file that is current in the tree."""
        row, saveset = self.tree.currentIndex().row(), self.presenter.saveset
        if not 0 <= row < len(self.listing.rows) or saveset is None or self.wishes.is_opening:
            return
        entry = self.listing.rows[row].entry
        self.preview.show_entry(self.presenter.location, saveset.name, entry)
        if entry is not None and entry.kind is not EntryKind.DIRECTORY:
            self.finder.show_versions(saveset.client, entry.path)

    def _current_path(self) -> bytes:
        row = self.tree.currentIndex().row()
        return self.listing.rows[row].path if 0 <= row < len(self.listing.rows) else b""

    def _show_node(self, node: Node) -> None:
        index = self.listing.index_of(node)
        self.tree.setCurrentIndex(index)
        self.tree.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)

    def _say_missed(self, path: bytes, why: str) -> None:
        name = self.presenter.saveset.name if self.presenter.saveset else ""
        self._say(why or f"The listing of {name} has no {shown_name(path)}.")

    # -- steps

    def _go(self, step: int) -> None:
        self.banner.hide()
        self.steps.set_current(step)
        self._show_empty()
        if step == TARGET:
            self.last.show_target()
        elif step == CHECK:
            self.last.show_check()
            self.next.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show_foot()

    def _next(self) -> None:
        if self.step == FIND:
            file = self.by_name.file
            self._open_file(file) if file is not None else self._go(FILES)
        elif self.step in (FILES, TARGET):
            self._go(self.step + 1)
        elif self.step == CHECK:
            self.last.start(dry_run=False)

    def _sent(self) -> None:
        """What is said of an earlier try is over."""
        self.banner.hide()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_foot(self) -> None:
        choice, step, presenter = self.choice(), self.step, self.presenter
        words = self._found_words() if step == FIND else amount_words(choice)
        self._foot.summary.set_text(words)
        self.last.follow()
        is_empty = step == FILES and not presenter.savesets
        self._foot.setVisible(step != RUN and not is_empty)
        self.back.setVisible(step in (FILES, TARGET, CHECK))
        texts = {FIND: "Next: files", FILES: "Next: target", TARGET: "Next: check"}
        name = "rotate-ccw" if step == CHECK else "arrow-right"
        self._foot.show_next(texts.get(step, "Restore now"), name, self._next_trouble(choice))

    def _found_words(self) -> str:
        """What the next step would show."""
        file, saveset = self.by_name.file, self.presenter.saveset
        if file is not None:
            return f"{shown_name(file.path)}, client {file.client}"
        if saveset is None:
            return "Nothing chosen"
        return moment_words(saveset, self._zone, self.presenter.now())

    def _next_trouble(self, choice: Choice) -> str | None:
        if self.step == FIND:
            is_chosen = self.by_name.file is not None or self.presenter.saveset is not None
            return None if is_chosen else "Choose a saveset or a file first."
        if choice.is_empty:
            return "Choose files or folders first."
        if self.step == FILES:
            return None
        return self.last.start_refusal()

    def _clocks(self, moment: datetime) -> str:
        return two_clocks(moment, self._zone, self._mine)

    def _say(self, sentence: str) -> None:
        self.banner.set_text(sentence, "Close")
        self.banner.show()
        self._show_foot()
