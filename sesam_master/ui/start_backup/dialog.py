"""The window that starts backups of tasks or task groups and says how each of them went."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from sesam_master.core.acts import Act, Stage
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.start import BackupOrder, StartObject
from sesam_master.core.states import Connection
from sesam_master.ui.actions import Selection
from sesam_master.ui.acts.columns import act_columns, summary_text
from sesam_master.ui.acts.number_field import NumberField
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.start_backup.columns import when_column
from sesam_master.ui.start_backup.form import StartForm
from sesam_master.ui.start_backup.presenter import StartPresenter
from sesam_master.ui.start_backup.site_plans import group_names
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView

CHOSEN = "chosen"
GROUP = "group "
TASK = "task "
MOST_NAMED = 5


class StartBackupDialog(QDialog):
    """Not modal: it can stay open while one looks elsewhere. Show it with `show()`.

    It is opened for tasks, or for a location of which a task or a task group is chosen in it.
    """

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        selection: Selection,
        parent: QWidget | None = None,
        *,
        zone: tzinfo | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Start backup")
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._bridge = bridge
        self._chosen = [StartObject(at, task=task) for at, task in dict.fromkeys(selection.tasks)]
        self._places = list(dict.fromkeys(what.location_id for what in self._chosen))
        self._places = self._places or [selection.location_id]
        self._client = selection.client
        self._what = CHOSEN
        self.presenter = StartPresenter(
            bridge, gateway, self._chosen, zone=zone, clock=clock, parent=self
        )
        mine = f"my time ({clock().astimezone(self.presenter.zone):%Z})"
        self.form = StartForm(holder, (self._site_words(), mine), self._first_reading(clock()))
        self.model: RecordTableModel[Act[BackupOrder]] = RecordTableModel(
            act_columns(is_followed=True, when=when_column(self.presenter.zone)),
            lambda act: act.item.key,
            is_stale=lambda act: act.connection is not Connection.ON,
            parent=self,
        )
        self.table = RecordTableView(holder, self.model)
        self.table.setAccessibleName("What is started, and how it went")
        self.summary = ElidedLabel(holder, "", "secondary")
        self.number = NumberField(holder.fonts.px(110))
        self.retry = QPushButton("Retry failed")
        self.start = QPushButton("Start backup")
        self.close_button = QPushButton("Close")
        self._lay_out(holder)
        self._connect()
        self.presenter.plans.want(self._places)
        self._show_names()
        self._choose(self.form.what.currentData() or CHOSEN)
        self._show()
        self._first_field().setFocus()

    def unanswered(self) -> str:
        """What was sent and may have been started, for when the window is closed; "" for
        nothing."""
        acts = self.presenter.actor.at(Stage.SENT, Stage.UNSURE)
        if not acts:
            return ""
        named = [f"{act.item.name} at {act.location}" for act in acts[:MOST_NAMED]]
        more = f" and {len(acts) - MOST_NAMED} more" if len(acts) > MOST_NAMED else ""
        return (
            f"Not answered yet when its window was closed: the start of {', '.join(named)}{more}. "
            "The calendar shows whether it was made."
        )

    # -- parts

    def _lay_out(self, holder: ThemeHolder) -> None:
        self.start.setProperty("primary", True)
        self.start.setDefault(True)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.summary, 1)
        for widget in (self.close_button, self.retry, self.number, self.start):
            buttons.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(12)
        layout.addWidget(self.form)
        layout.addWidget(self.table, 1)
        layout.addLayout(buttons)
        rows = min(10, max(3, len(self._chosen)))
        self.resize(holder.fonts.px(940), holder.fonts.px(270 + 26 * rows))

    def _connect(self) -> None:
        presenter, form = self.presenter, self.form
        form.wished.connect(lambda: presenter.set_wish(form.wish()))
        form.what_chosen.connect(self._choose)
        self.number.textChanged.connect(self._show)
        self.start.clicked.connect(self._send)
        self.retry.clicked.connect(presenter.actor.retry)
        self.close_button.clicked.connect(self.close)
        presenter.actor.changed.connect(self._show)
        presenter.plans.changed.connect(self._show_names)

    # -- what can be chosen

    def _choose(self, key: str) -> None:
        """The chosen tasks, one task, or the group of that name wherever there is one."""
        self._what = key
        name = key.partition(" ")[2]
        if key.startswith(GROUP):
            plans = self.presenter.plans.plans
            at = [p for p in self._places if p not in plans or name in group_names(plans[p])]
            objects = [StartObject(place, group=name) for place in at]
        elif key.startswith(TASK):
            objects = [StartObject(self._places[0], task=name)]
        else:
            objects = self._chosen
        self.presenter.set_objects(objects)

    def _entries(self) -> list[tuple[str, str]]:
        entries = [(CHOSEN, _chosen_words(self._chosen))] if self._chosen else []
        if not self._chosen:
            place = self._bridge.fleet.locations.get(self._places[0])
            tasks = place.picture.tasks if place is not None and place.picture is not None else {}
            entries += [
                (f"{TASK}{name}", name)
                for name in sorted(tasks, key=str.casefold)
                if self._client in ("", tasks[name].client)
            ]
        places = len(self._places)
        for name, count in self.presenter.plans.names(group_names).items():
            at = "" if places == 1 else f" at {count} of {places} locations"
            entries.append((f"{GROUP}{name}", f"Task group {name}{at}"))
        if not self._chosen and len(entries) > 1:
            # Nobody starts what happens to be the first.
            entries.insert(0, (CHOSEN, "Choose a task or task group"))
        return entries

    def _show_names(self) -> None:
        plans, places = self.presenter.plans, len(self._places)
        self.form.show_objects(self._entries(), self._what)
        self.form.show_names(plans, places)

    def _site_words(self) -> str:
        place = self._bridge.fleet.locations.get(self._places[0])
        if len(self._places) > 1 or place is None:
            return "each site's time"
        return f"the time at {place.registration.name}"

    def _first_reading(self, now: datetime) -> datetime:
        """Of the site whose clocks are ahead of the others', so that it has passed nowhere."""
        places = map(self._bridge.fleet.locations.get, self._places)
        zones = {place.zone if place is not None else UTC for place in places}
        return max(now.astimezone(zone).replace(tzinfo=None) for zone in zones)

    # -- showing

    def _first_field(self) -> QWidget:
        """Where somebody goes on who knows what to start, and who does not."""
        if self.number.missing:
            return self.number
        if self.start.isEnabled():
            return self.start
        return self.form.what if self.form.what.isEnabled() else self.close_button

    def _send(self) -> None:
        self.presenter.actor.send()
        self.number.clear()
        self.close_button.setFocus()

    def _show(self) -> None:
        actor = self.presenter.actor
        acts = list(actor.acts.values())
        self.model.replace_all(acts)
        self.number.ask_for(actor.at(Stage.READY))
        ready, is_begun = len(actor.at(Stage.READY)), actor.is_begun
        self.start.setVisible(ready > 0 or not is_begun)
        self.start.setEnabled(ready > 0 and not self.number.missing)
        self.start.setText(f"Start {ready} backups" if ready > 1 else "Start backup")
        hindered = [act.reason for act in actor.at(Stage.HINDERED)]
        self.start.setToolTip(self.number.missing if ready else next(iter(hindered), ""))
        self.retry.setVisible(bool(actor.at(Stage.FAILED)))
        self.form.setEnabled(not is_begun or ready > 0)
        self.form.what.setEnabled(not is_begun and self.form.what.count() > 1)
        self.summary.set_text(summary_text(acts) if acts else self._why_nothing())

    def _why_nothing(self) -> str:
        place = self._bridge.fleet.locations.get(self._places[0])
        if place is None:
            return "No location is chosen: there is nothing to start."
        if place.picture is None:
            return f"What there is at {place.registration.name} is not known: it was never seen."
        if self.form.what.count():
            return "Choose what to start."
        whose = f" of {self._client}" if self._client else ""
        return f"There is no task{whose} to start at {place.registration.name}."


def _chosen_words(chosen: Sequence[StartObject]) -> str:
    if len(chosen) == 1:
        return chosen[0].task
    places = len({what.location_id for what in chosen})
    where = f" at {places} locations" if places > 1 else ""
    return f"{len(chosen)} chosen tasks{where}"
