"""The table of actions of the desk, its menus, and when each can be done."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sesam_master.core.fleet import Fleet, LocationState
from sesam_master.core.records import Job, JobKind, Role
from sesam_master.core.states import CONNECTION_WORDS
from sesam_master.ui.actions import Action, Selection, always
from sesam_master.ui.farms.actions import CONFIGURATION_MENU, CONTEXT_MENU, FILE_MENU
from sesam_master.ui.licence.licence_desk import HELP_MENU
from sesam_master.ui.observing import observe_reason
from sesam_master.ui.theme import ThemeMode

MENUS: Mapping[str, tuple[str | None, ...]] = {
    "&File": ("new_location", None, *FILE_MENU, None, "quit"),
    "&Activities": (
        "start_backup",
        "restore",
        "cancel",
        None,
        "morning",
        "results",
        "savesets",
        "calendar",
        "now",
        "growth",
        "processes",
        "logs",
        "refresh",
    ),
    "&Configuration": (
        "components",
        "scheduling",
        "interfaces",
        "access",
        None,
        "remote_server",
        "reconnect",
        None,
        *CONFIGURATION_MENU,
    ),
    "&Window": ("palette", None, "theme_system", "theme_light", "theme_dark"),
    "&Help": (*HELP_MENU, None, "about"),
}
TOOLS: tuple[str | None, ...] = (
    "start_backup",
    "restore",
    "cancel",
    None,
    "results",
    "savesets",
    "calendar",
    "now",
    "remote_server",
)
CONTEXT: tuple[str | None, ...] = (
    "remote_server",
    "results",
    "savesets",
    "calendar",
    "now",
    "growth",
    "processes",
    "logs",
    "components",
    "scheduling",
    "interfaces",
    "access",
    None,
    "start_backup",
    "restore",
    "cancel",
    None,
    *CONTEXT_MENU,
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
    cancel: Callable[[Sequence[Job]], None]
    refresh: Callable[[], None]
    palette: Callable[[], None]
    morning: Callable[[Selection], None]
    results: Callable[[Selection], None]
    calendar: Callable[[Selection], None]
    now: Callable[[Selection], None]
    savesets: Callable[[Selection], None]
    scheduling: Callable[[Selection], None]
    components: Callable[[Selection], None]
    growth: Callable[[Selection], None]
    interfaces: Callable[[Selection], None]
    access: Callable[[Selection], None]
    processes: Callable[[Selection], None]
    logs: Callable[[Selection], None]
    remote_server: Callable[[Selection], None]
    reconnect: Callable[[Selection], None]
    set_theme: Callable[[ThemeMode], None]
    about: Callable[[], None]
    is_local: bool = False


def desk_actions(fleet: Fleet, verbs: Verbs) -> list[Action]:
    """All actions; `fleet` answers whether they can be done now."""
    can = _Ability(fleet, verbs.is_local)

    return [
        Action(
            "new_location",
            "New location",
            "plus",
            "Ctrl+N",
            can.register,
            _plain(verbs.new_location),
        ),
        Action("quit", "Quit", "", "Ctrl+Q", always, _plain(verbs.quit)),
        Action("start_backup", "Start backup", "play", "Ctrl+B", can.back_up, verbs.start_backup),
        Action("restore", "Restore", "rotate-ccw", "Ctrl+R", can.restore, verbs.restore),
        Action(
            "cancel",
            "Cancel",
            "circle-stop",
            "",
            can.cancel,
            lambda selection: verbs.cancel(open_jobs(fleet, selection)),
        ),
        Action(
            *("palette", "Find or do anything", "search", "Ctrl+K"), always, _plain(verbs.palette)
        ),
        Action("refresh", "Ask again", "refresh-cw", "F5", always, _plain(verbs.refresh)),
        Action("morning", "Morning", "sunrise", "Ctrl+1", always, verbs.morning),
        Action("results", "Results", "activity", "Ctrl+2", always, verbs.results),
        Action("calendar", "Calendar sheet", "calendar-days", "Ctrl+3", always, verbs.calendar),
        Action("now", "Now", "timer", "Ctrl+4", always, verbs.now),
        *_site_actions(can, verbs),
        Action("savesets", "Savesets", "rows-3", "Ctrl+9", always, verbs.savesets),
        Action(
            *("remote_server", "Remote server", "plug-zap", "Ctrl+5"),
            can.register,
            verbs.remote_server,
        ),
        Action("reconnect", "Connect now", "refresh-cw", "", can.reconnect, verbs.reconnect),
        *_theme_actions(verbs),
        Action("about", "About Sesam Master", "info", "", always, _plain(verbs.about)),
    ]


def _site_actions(can: "_Ability", verbs: Verbs) -> Iterator[Action]:
    """Those that open a page of one location."""
    yield Action("growth", "Growth", "gauge", "Ctrl+G", can.plan, verbs.growth)
    yield Action("logs", "Logs", "scroll-text", "Ctrl+Shift+L", can.plan, verbs.logs)
    yield Action("processes", "Processes", "settings-2", "", can.plan, verbs.processes)
    yield Action("interfaces", "Interfaces", "terminal", "", can.plan, verbs.interfaces)
    yield Action("access", "Access", "key-round", "", can.plan, verbs.access)
    yield Action("components", "Components", "server", "Ctrl+8", can.plan, verbs.components)
    yield Action("scheduling", "Scheduling", "calendar-clock", "Ctrl+7", can.plan, verbs.scheduling)


def _theme_actions(verbs: Verbs) -> Iterator[Action]:
    for mode, text, icon in (
        (ThemeMode.SYSTEM, "As the system", "monitor"),
        (ThemeMode.LIGHT, "Light", "sun"),
        (ThemeMode.DARK, "Dark", "moon"),
    ):
        yield Action(f"theme_{mode}", text, icon, "", always, _themed(verbs, mode))


def _themed(verbs: Verbs, mode: ThemeMode) -> Callable[[Selection], None]:
    return lambda _selection: verbs.set_theme(mode)


def _plain(run: Callable[[], None]) -> Callable[[Selection], None]:
    return lambda _selection: run()


def open_jobs(fleet: Fleet, selection: Selection) -> list[Job]:
    """The chosen backups that are queued or running: the jobs, or else those of the tasks."""
    found = []
    for location_id, job_id in selection.jobs or _backups(fleet, selection.tasks):
        place = fleet.locations.get(location_id)
        job = place.picture.jobs.get(job_id) if place and place.picture else None
        if job is not None and job.is_open and job.kind is JobKind.BACKUP:
            found.append(job)
    return found


def _backups(fleet: Fleet, tasks: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The known backups of the tasks, as location id and job id."""
    for location_id, task in tasks:
        place = fleet.locations.get(location_id)
        if place is not None and place.picture is not None:
            yield from ((location_id, job_id) for job_id in place.picture.backups.get(task, ()))


class _Ability:
    """Each method gives the reason why something cannot be done, None if it can."""

    def __init__(self, fleet: Fleet, is_local: bool) -> None:
        self._fleet = fleet
        self._is_local = is_local

    def register(self, _selection: Selection) -> str | None:
        return LOCAL_ONLY if self._is_local else None

    def choose(self, selection: Selection) -> str | None:
        return None if self._state(selection) else "Choose a location in the tree first."

    def plan(self, selection: Selection) -> str | None:
        """Of one location; where there is only one, that is meant."""
        return None if len(self._fleet.locations) == 1 else self.choose(selection)

    def reconnect(self, selection: Selection) -> str | None:
        chosen = self._state(selection)
        if chosen is None:
            return self.choose(selection)
        if not chosen.registration.is_on:
            return f"{chosen.registration.name} is switched off. Switch it on first."
        return f"{chosen.registration.name} is connected." if chosen.is_live else None

    def back_up(self, selection: Selection) -> str | None:
        """One task that can be started is enough: the others say why they were not. Of a location
        alone a task or a task group is chosen in the window that opens."""
        places = {location_id for location_id, _task in selection.tasks}
        places |= {selection.location_id} - {""}
        return self._act(places, lambda role: role.may_back_up, "start backups")

    def restore(self, selection: Selection) -> str | None:
        if len(selection.tasks) > 1:
            return "Restore works on one task at a time. Choose a single one."
        places = {location_id for location_id, _task in selection.tasks}
        places |= {selection.location_id} - {""}
        return self._act(places, lambda role: role.may_restore, "restore")

    def cancel(self, selection: Selection) -> str | None:
        jobs = open_jobs(self._fleet, selection)
        places = {job.location_id for job in jobs}
        if selection.tasks and not jobs:
            return "Nothing of what is chosen is running or queued."
        return self._act(places, lambda role: role.may_back_up, "cancel backups")

    def _act(self, places: set[str], allows: Callable[[Role], bool], doing: str) -> str | None:
        """None if it can be done at one of the places, else why not at the first of them."""
        if not places:
            return "Choose a result, or a task in the tree, first."
        reasons = [self._hindrance(place, allows, doing) for place in sorted(places)]
        return None if None in reasons else reasons[0]

    def _hindrance(
        self, location_id: str, allows: Callable[[Role], bool], doing: str
    ) -> str | None:
        place = self._fleet.locations.get(location_id)
        if place is None:
            return "The location is not listed at this desk any more."
        name = place.registration.name
        if not place.is_live:
            return f"{name} is {CONNECTION_WORDS[place.shown_connection].lower()}."
        if (observed := observe_reason(place)) is not None:
            return observed
        if not allows(place.role):
            return f"The role {place.role} at {name} does not allow to {doing}."
        return None

    def _state(self, selection: Selection) -> LocationState | None:
        return self._fleet.locations.get(selection.location_id)
