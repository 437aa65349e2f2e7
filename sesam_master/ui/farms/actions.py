"""What can be done with farms and the desk lock, as actions of the desk."""

from collections.abc import Callable
from typing import Protocol

from sesam_master.core.fleet import Fleet
from sesam_master.ui.actions import Action, Selection

FILE_MENU = ("export_farms", "import_farms", None, "lock_desk", "lock_settings")
CONFIGURATION_MENU = (
    "new_farm",
    "rename_farm",
    "delete_farm",
    "undo_farms",
    "redo_farms",
    None,
    "properties",
    "switch",
    "observe",
    "maintenance",
)
CONTEXT_MENU = (
    *("new_farm", "rename_farm", "delete_farm", None),
    *("switch", "observe", "maintenance", "properties"),
)
LOCAL_FARMS = "This desk shows the agent of this computer only and has no farms."
NOTHING = "Choose a farm or a location in the tree first."


class FarmVerbs(Protocol):
    """What the actions call."""

    def new_farm(self, selection: Selection) -> None: ...

    def rename(self, selection: Selection) -> None: ...

    def delete(self, selection: Selection) -> None: ...

    def switch(self, selection: Selection) -> None: ...

    def observe(self, selection: Selection) -> None: ...

    def maintenance(self, selection: Selection) -> None: ...

    def properties(self, selection: Selection) -> None: ...

    def undo(self, selection: Selection) -> None: ...

    def redo(self, selection: Selection) -> None: ...

    def undo_hindrance(self) -> str | None: ...

    def redo_hindrance(self) -> str | None: ...


class ExchangeVerbs(Protocol):
    """What the actions of the exchange with other desks call."""

    def export(self) -> None: ...

    def choose_import(self) -> None: ...


class LockVerbs(Protocol):
    """What the actions of the lock call."""

    def lock(self) -> None: ...

    def settings(self) -> object: ...


def farm_actions(
    fleet: Fleet, verbs: FarmVerbs, exchange: ExchangeVerbs, lock: LockVerbs, *, is_local: bool
) -> list[Action]:
    """All of them; `fleet` answers whether they can be done now."""
    can = _Ability(fleet, is_local)
    undo, redo = verbs.undo_hindrance, verbs.redo_hindrance
    return [
        Action(*("new_farm", "New farm", "folder-plus", "Ctrl+Shift+N"), can.any, verbs.new_farm),
        Action("rename_farm", "Rename farm", "pencil", "", can.farm, verbs.rename),
        Action("delete_farm", "Delete farm", "trash-2", "", can.delete, verbs.delete),
        Action(
            *("properties", "Properties", "settings-2", "Alt+Return"),
            can.target,
            verbs.properties,
        ),
        Action("switch", "Switch on or off", "power", "", can.one, verbs.switch),
        Action("observe", "Observe only, or act again", "eye", "", can.one, verbs.observe),
        Action("maintenance", "Maintenance", "wrench", "", can.target, verbs.maintenance),
        Action("undo_farms", "Undo change of farms", "undo-2", "", can.step(undo), verbs.undo),
        Action("redo_farms", "Redo change of farms", "redo-2", "", can.step(redo), verbs.redo),
        *_file_actions(can, exchange, lock),
    ]


def _file_actions(can: "_Ability", exchange: ExchangeVerbs, lock: LockVerbs) -> list[Action]:
    def plain(run: Callable[[], object]) -> Callable[[Selection], None]:
        def act(_selection: Selection) -> None:
            run()

        return act

    return [
        Action("export_farms", "Export farms", "upload", "", can.any, plain(exchange.export)),
        Action(
            *("import_farms", "Import farms", "download", ""),
            can.any,
            plain(exchange.choose_import),
        ),
        Action("lock_desk", "Lock this desk", "lock", "Ctrl+L", can.any, plain(lock.lock)),
        Action("lock_settings", "Desk lock", "key-round", "", can.any, plain(lock.settings)),
    ]


class _Ability:
    """Each method gives the reason why something cannot be done, None if it can."""

    def __init__(self, fleet: Fleet, is_local: bool) -> None:
        self._fleet = fleet
        self._is_local = is_local

    def any(self, _selection: Selection) -> str | None:
        return LOCAL_FARMS if self._is_local else None

    def farm(self, selection: Selection) -> str | None:
        return self.any(selection) or (
            None if selection.farm else "Choose a farm in the tree first."
        )

    def target(self, selection: Selection) -> str | None:
        """A farm, a location, or everything."""
        is_known = selection.location_id in self._fleet.farms.places or selection.stranger
        return self.any(selection) or (None if is_known or is_farm(selection) else NOTHING)

    def one(self, selection: Selection) -> str | None:
        """Everything at once is switched in its properties, not by a slip."""
        is_everything = is_farm(selection) and not selection.farm
        return self.any(selection) or (NOTHING if is_everything else self.target(selection))

    def delete(self, selection: Selection) -> str | None:
        if selection.location_id:
            return "A location is deleted under Remote server."
        return self.any(selection) if selection.stranger else self.farm(selection)

    def step(self, hindrance: Callable[[], str | None]) -> Callable[[Selection], str | None]:
        return lambda selection: self.any(selection) or hindrance()


def is_farm(selection: Selection) -> bool:
    """A farm is chosen, or everything."""
    return bool(selection.farm) or not (
        selection.location_id or selection.tasks or selection.jobs or selection.stranger
    )
