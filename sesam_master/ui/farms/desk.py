"""What a person does to the farms of this desk: asks for it, tells what came of it, takes it back.

Nothing is shown as done before the network thread has kept it and obeys it.
"""

import uuid
from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from sesam_master.core import farm_edits
from sesam_master.core.control_source import ControlSource, FarmEdit, PassphraseNeeded
from sesam_master.core.control_source import WrongPassphrase as Wrong
from sesam_master.core.farm_undo import History, Step, changed_back
from sesam_master.core.farms import ROOT, Farms, Marks
from sesam_master.core.registry import KeepingError
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.farms.actions import is_farm
from sesam_master.ui.farms.passphrase import PassphraseWindow
from sesam_master.ui.farms.properties import PropertiesWindow, Target
from sesam_master.ui.farms.saving import edit_of
from sesam_master.ui.notices import notice
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.topology.panel import TopologyPanel

NEW_FARM = "New farm"


class FarmDesk(QObject):
    """`said` carries a line for the messages; `changed` comes when undo and redo are others."""

    said = Signal(str)
    changed = Signal()

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: ControlSource,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__()
        self._holder, self._bridge, self._gateway, self._now = holder, bridge, gateway, now
        self._history = History()
        self._parent: QWidget | None = None
        self._tree: TopologyPanel | None = None

    def attach(self, tree: TopologyPanel, parent: QWidget) -> None:
        """The tree that shows the farms, and the window that dialogs belong to."""
        self._tree, self._parent = tree, parent
        tree.model.move_wanted.connect(self.move)
        tree.model.rename_wanted.connect(self.rename_farm)
        tree.properties_wanted.connect(self.properties)
        tree.bind("Ctrl+Z", lambda: self.undo(Selection()))
        tree.bind("Ctrl+Shift+Z", lambda: self.redo(Selection()))
        tree.bind("Del", lambda: self.delete(tree.selection()))

    @property
    def _farms(self) -> Farms:
        return self._bridge.fleet.farms

    # -- the tree

    def new_farm(self, selection: Selection) -> None:
        """In the chosen farm, or in that of the chosen location."""
        place = self._farms.places.get(selection.location_id or selection.stranger)
        parent = selection.farm or (place.farm if place is not None else ROOT)
        farm_id, name = uuid.uuid4().hex, self._free_name(parent)

        def added(_farms: Farms) -> None:
            if self._tree is not None:
                self._tree.rename_when_shown(farm_id)

        self.change(
            "make a farm", lambda farms: farm_edits.add_farm(farms, farm_id, name, parent), added
        )

    def rename(self, _selection: Selection) -> None:
        if self._tree is not None:
            self._tree.rename()

    def rename_farm(self, farm_id: str, name: str) -> None:
        self.change(
            f"rename {self._farms.name(farm_id)}",
            lambda farms: farm_edits.rename_farm(farms, farm_id, name),
        )

    def move(self, is_moved_farm: bool, moved: str, farm_id: str) -> None:
        """A farm or a location, to another farm."""
        if is_moved_farm:
            doing = f"move {self._farms.name(moved)}"
            self.change(doing, lambda farms: farm_edits.move_farm(farms, moved, farm_id))
        else:
            doing = f"move {self._place_name(moved)}"
            self.change(doing, lambda farms: farm_edits.move_locations(farms, [moved], farm_id))

    def delete(self, selection: Selection) -> None:
        """A farm, whose content moves up; or what the farms know of a location not listed."""
        if selection.stranger:
            key = selection.stranger
            doing = f"remove {self._place_name(key)} from the farms"
            self.change(doing, lambda farms: farm_edits.forget_location(farms, key))
        elif selection.farm in self._farms.farms:
            farm_id = selection.farm
            doing = f"delete {self._farms.name(farm_id)}"
            self.change(doing, lambda farms: farm_edits.delete_farm(farms, farm_id))

    # -- switches

    def switch(self, selection: Selection) -> None:
        """Its own switch: what its farms say stays."""
        key = selection.location_id
        if key and not is_farm(selection):
            state = self._bridge.fleet.locations.get(key)
            if state is None:
                return
            is_on = not state.registration.is_on
            self.change(
                f"switch {state.registration.name} {'on' if is_on else 'off'}",
                lambda farms: farm_edits.switch_location(farms, key, is_on=is_on),
            )
            return
        self._flip(selection, "is_off", ("switch {} on", "switch {} off"))

    def observe(self, selection: Selection) -> None:
        """Observe only, or act again."""
        self._flip(selection, "observes", ("act at {} again", "only observe {}"))

    def maintenance(self, selection: Selection) -> None:
        """Its properties, with a new window that begins now."""
        window = self._open(selection)
        if window is not None:
            window.windows.add_window()

    def properties(self, selection: Selection) -> None:
        self._open(selection)

    def open_properties(self, selection: Selection) -> PropertiesWindow | None:
        """The window; None for what is not there any more."""
        return self._open(selection)

    # -- steps

    def undo(self, _selection: Selection) -> None:
        step = self._history.to_undo
        if step is not None:
            self._step(f"undo: {step.doing}", step.before, step.after, self._history.undone, step)

    def redo(self, _selection: Selection) -> None:
        step = self._history.to_redo
        if step is not None:
            self._step(f"redo: {step.doing}", step.after, step.before, self._history.redone, step)

    def undo_hindrance(self) -> str | None:
        return None if self._history.to_undo else "Nothing was changed in the farms."

    def redo_hindrance(self) -> str | None:
        return None if self._history.to_redo else "Nothing was taken back in the farms."

    # -- asking

    def change(
        self,
        doing: str,
        edit: FarmEdit,
        done: Callable[[Farms], None] = lambda _farms: None,
        failed: Callable[[str], None] | None = None,
    ) -> None:
        """Asks for a change that can be taken back. `failed` gets the sentence in place of the
        messages."""
        seen: list[Farms] = []

        def noted(farms: Farms) -> Farms:
            """On another thread; the farms that are changed are noted for the way back."""
            seen[:] = [farms]
            return edit(farms)

        def kept(farms: Farms) -> None:
            self._history.add(Step(doing, seen[0], farms))
            self.said.emit(f"Done: {doing}. Ctrl+Z in the tree takes it back.")
            self.changed.emit()
            done(farms)

        self.ask(doing, noted, kept, failed)

    def ask(
        self,
        doing: str,
        edit: FarmEdit,
        done: Callable[[Farms], None],
        failed: Callable[[str], None] | None = None,
    ) -> None:
        """Asks, and for the passphrase if it is needed."""

        def wrong(error: Exception) -> None:
            if isinstance(error, PassphraseNeeded):
                self._ask_passphrase(doing, edit, done, failed)
            else:
                (failed or self.said.emit)(notice(error, doing).text)

        self._bridge.ask(self._gateway.change_farms(edit), self, done, wrong)

    def _ask_passphrase(
        self,
        doing: str,
        edit: FarmEdit,
        done: Callable[[Farms], None],
        failed: Callable[[str], None] | None,
    ) -> None:
        def given(passphrase: str) -> None:
            def wrong(error: Exception) -> None:
                is_passphrase = isinstance(error, Wrong | PassphraseNeeded)
                if is_passphrase or not isinstance(error, KeepingError):
                    window.say(str(error) if is_passphrase else notice(error, doing).text)
                    return
                window.close()
                (failed or self.said.emit)(notice(error, doing).text)

            def right(farms: Farms) -> None:
                window.close()
                done(farms)

            if passphrase:
                asked = self._gateway.change_farms(edit, passphrase)
                self._bridge.ask(asked, window, right, wrong)

        window = PassphraseWindow(self._holder, doing, given, self._parent)
        window.open()

    # -- inside

    def _step(
        self,
        doing: str,
        wanted: Farms,
        stands: Farms,
        done: Callable[[Step], None],
        step: Step,
    ) -> None:
        def kept(_farms: Farms) -> None:
            done(step)
            self.said.emit(f"Done: {doing}.")
            self.changed.emit()

        self.ask(doing, lambda farms: changed_back(farms, wanted, stands), kept)

    def _flip(self, selection: Selection, switch: str, doing: tuple[str, str]) -> None:
        target = self._target(selection)
        if target is None:
            return
        marks = self._marks(target)
        value = not getattr(marks.switches, switch)
        name = self._farms.name(target.id) if target.is_farm else self._place_name(target.id)

        def edit(farms: Farms) -> Farms:
            now = farms.marks(target.id) if target.is_farm else farms.places[target.id].marks
            changed = farm_edits.with_switches(now, **{switch: value})
            mark = farm_edits.mark_farm if target.is_farm else farm_edits.mark_location
            return mark(farms, target.id, changed)

        self.change(doing[value].format(name), edit)

    def _open(self, selection: Selection) -> PropertiesWindow | None:
        target = self._target(selection)
        if target is None:
            return None
        window = PropertiesWindow(self._holder, self._farms, target, self._now, self._parent)
        before = self._farms

        def save(target: Target, wanted: object) -> None:
            self.change(
                f"set the properties of {window.windowTitle().removeprefix('Properties of ')}",
                edit_of(target, wanted, before),
                lambda _farms: _closed(window),
                window.show_problem,
            )

        window.saved.connect(save)
        window.show()
        return window

    def _target(self, selection: Selection) -> Target | None:
        if is_farm(selection):
            known = selection.farm in self._farms.farms or selection.farm == ROOT
            return Target(True, selection.farm) if known else None
        tasks = {location_id for location_id, _task in selection.tasks}
        key = selection.location_id or selection.stranger or (tasks.pop() if tasks else "")
        return Target(False, key) if key in self._farms.places else None

    def _marks(self, target: Target) -> Marks:
        farms = self._farms
        return farms.marks(target.id) if target.is_farm else farms.places[target.id].marks

    def _place_name(self, location_id: str) -> str:
        place = self._farms.places.get(location_id)
        return place.name if place is not None else location_id

    def _free_name(self, parent: str) -> str:
        taken = {farm.name.casefold() for farm in self._farms.children(parent)}
        number, name = 1, NEW_FARM
        while name.casefold() in taken:
            number += 1
            name = f"{NEW_FARM} {number}"
        return name


def _closed(window: QWidget) -> None:
    window.close()
