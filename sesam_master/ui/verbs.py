"""The table of actions of the desk, its menus, and when each can be done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sesam_master.core.fleet import Fleet, LocationState
from sesam_master.core.records import Role
from sesam_master.core.states import CONNECTION_WORDS
from sesam_master.ui.actions import Action, Selection, always
from sesam_master.ui.theme import ThemeMode

MENUS: Mapping[str, tuple[str | None, ...]] = {
    "&File": ("new_location", None, "quit"),
    "&Activities": ("start_backup", "restore", None, "results"),
    "&Configuration": ("remote_server", "switch", "reconnect"),
    "&Window": ("theme_system", "theme_light", "theme_dark"),
    "&Help": ("about",),
}
TOOLS: tuple[str | None, ...] = ("start_backup", "restore", None, "results", "remote_server")
CONTEXT: tuple[str | None, ...] = (
    "remote_server",
    "results",
    None,
    "start_backup",
    "restore",
    None,
    "switch",
    "reconnect",
)
LOCAL_ONLY = "This desk shows the agent of this computer only."


@dataclass(frozen=True, slots=True)
class Verbs:
    """What the actions call. A local desk cannot add locations: nothing would be kept."""

    new_location: Callable[[], None]
    quit: Callable[[], None]
    start_backup: Callable[[Selection], None]
    restore: Callable[[Selection], None]
    results: Callable[[Selection], None]
    remote_server: Callable[[Selection], None]
    switch: Callable[[Selection], None]
    reconnect: Callable[[Selection], None]
    set_theme: Callable[[ThemeMode], None]
    about: Callable[[], None]
    is_local: bool = False


def desk_actions(fleet: Fleet, verbs: Verbs) -> list[Action]:
    """All actions; `fleet` answers whether they can be done now."""
    can = _Ability(fleet, verbs.is_local)

    def theme(mode: ThemeMode, text: str, icon: str) -> Action:
        return Action(f"theme_{mode}", text, icon, "", always, lambda _: verbs.set_theme(mode))

    return [
        Action(
            "new_location", "New location", "plus", "Ctrl+N", can.add, _plain(verbs.new_location)
        ),
        Action("quit", "Quit", "", "Ctrl+Q", always, _plain(verbs.quit)),
        Action("start_backup", "Start backup", "play", "Ctrl+B", can.back_up, verbs.start_backup),
        Action("restore", "Restore", "rotate-ccw", "Ctrl+R", can.restore, verbs.restore),
        Action("results", "Results", "activity", "Ctrl+2", always, verbs.results),
        Action("remote_server", "Remote server", "plug-zap", "Ctrl+5", always, verbs.remote_server),
        Action("switch", "Switch on or off", "power", "", can.choose, verbs.switch),
        Action("reconnect", "Connect now", "refresh-cw", "", can.reconnect, verbs.reconnect),
        theme(ThemeMode.SYSTEM, "As the system", "monitor"),
        theme(ThemeMode.LIGHT, "Light", "sun"),
        theme(ThemeMode.DARK, "Dark", "moon"),
        Action("about", "About Sesam Master", "info", "", always, _plain(verbs.about)),
    ]


def _plain(run: Callable[[], None]) -> Callable[[Selection], None]:
    return lambda _selection: run()


class _Ability:
    """Each method gives the reason why something cannot be done, None if it can."""

    def __init__(self, fleet: Fleet, is_local: bool) -> None:
        self._fleet = fleet
        self._is_local = is_local

    def add(self, _selection: Selection) -> str | None:
        return LOCAL_ONLY if self._is_local else None

    def choose(self, selection: Selection) -> str | None:
        return None if self._state(selection) else "Choose a location in the tree first."

    def reconnect(self, selection: Selection) -> str | None:
        chosen = self._state(selection)
        if chosen is None:
            return self.choose(selection)
        if not chosen.registration.is_on:
            return f"{chosen.registration.name} is switched off. Switch it on first."
        return f"{chosen.registration.name} is connected." if chosen.is_live else None

    def back_up(self, selection: Selection) -> str | None:
        return self._act(selection, lambda role: role.may_back_up, "start backups")

    def restore(self, selection: Selection) -> str | None:
        return self._act(selection, lambda role: role.may_restore, "restore")

    def _act(self, selection: Selection, allows: Callable[[Role], bool], doing: str) -> str | None:
        chosen = self._state(selection)
        if not selection.tasks:
            return "Choose a task in the tree first."
        if chosen is None:
            return "The location is not listed at this desk any more."
        name = chosen.registration.name
        if not chosen.is_live:
            return f"{name} is {CONNECTION_WORDS[chosen.connection].lower()}."
        if not allows(chosen.role):
            return f"The role {chosen.role} at {name} does not allow to {doing}."
        return None

    def _state(self, selection: Selection) -> LocationState | None:
        return self._fleet.locations.get(selection.location_id)
