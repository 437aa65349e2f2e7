"""What a row of the tree says: its text, signs, numbers, and the sentence for those who listen."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sesam_master.core.farm_sums import FarmSum, farm_sums, share_of
from sesam_master.core.farms import ROOT, Colour
from sesam_master.core.fleet import Fleet, LocationState
from sesam_master.core.states import CONNECTION_WORDS, SEVERITY, WORDS, Connection, JobState
from sesam_master.core.wanted_media import wanted_labels
from sesam_master.ui.actions import Selection
from sesam_master.ui.formatting import age_between, moment_text
from sesam_master.ui.topology.nodes import Kind, Node
from sesam_master.ui.topology.tips import farm_tip, location_tip, stranger_tip, task_tip

FAULT_ICON = "triangle-alert"
OBSERVED_ICON = "eye"
MAINTENANCE_ICON = "wrench"
_TEXTS = {
    Kind.ALL: "All locations",
    Kind.CLIENTS: "Clients",
    Kind.COMPONENTS: "Components",
    Kind.PLAN: "Scheduling",
}


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A row as the delegate paints it. `counts` are worst first; `side` is the text at the right:
    an age for what is dark, else a number of things below. `wanted`: how many media its jobs wait
    for, which somebody has to put in. `is_dark`: its location is not proved
    now, so ended results and counts stay, as of that age, but nothing newer is known. `icon` stands
    in place of a sign, `badges` are icons at the right; `colour` is a person's own mark.
    `is_silent`: nothing of it is an alarm."""

    kind: Kind
    text: str
    sign: Connection | JobState | None
    counts: tuple[tuple[JobState, int], ...]
    side: str
    is_dark: bool = False
    wanted: int = 0
    icon: str = ""
    badges: tuple[str, ...] = ()
    colour: Colour | None = None
    is_silent: bool = False


class RowTexts:
    """Reads the fleet each time; sums over farms are kept until a location counts otherwise: most
    of what comes are heartbeats, which change none of them."""

    def __init__(self, fleet: Fleet, now: Callable[[], datetime]) -> None:
        self._fleet = fleet
        self._now = now
        self._sums: dict[str, FarmSum] | None = None
        self._shares: dict[str, object] = {}

    def renew(self) -> None:
        """The list of locations, or the farms, are others."""
        self._sums = None

    def touch(self, location_ids: Iterable[str]) -> bool:
        """Something of these is another; returns whether that changes a sum."""
        places, shares = self._fleet.locations, self._shares
        if self._sums is not None and any(
            key in places and shares.get(key) != share_of(places[key]) for key in location_ids
        ):
            self._sums = None
        return self._sums is None

    def sum(self, farm_id: str) -> FarmSum:
        """What a farm amounts to."""
        if self._sums is None:
            self._sums = farm_sums(self._fleet)
            self._shares = {key: share_of(s) for key, s in self._fleet.locations.items()}
        return self._sums.get(farm_id) or FarmSum()

    def row(self, node: Node) -> TreeRow:
        if node.kind is Kind.FARM:
            return self._farm_row(node)
        if node.kind is Kind.STRANGER:
            icon = "circle-help"
            return TreeRow(node.kind, self.text(node), None, (), "", is_dark=True, icon=icon)
        state = self.state(node)
        is_place = node.kind is Kind.LOCATION and state is not None
        return TreeRow(
            node.kind,
            self.text(node),
            self.sign(node),
            self.counts(node),
            self.side(node),
            is_dark=state is not None and not state.is_live,
            wanted=len(self.wanted(node)),
            icon=_silent_icon(state) if is_place else "",
            badges=_badges(state) if is_place else self._root_badges(node),
            colour=state.control.colour if is_place and state is not None else None,
            is_silent=is_place and state is not None and state.is_silent,
        )

    def text(self, node: Node) -> str:
        if node.kind in _TEXTS:
            return _TEXTS[node.kind]
        farms = self._fleet.farms
        if node.kind is Kind.FARM:
            return farms.farms[node.name].name if node.name in farms.farms else ""
        if node.kind is Kind.STRANGER:
            place = farms.places.get(node.name)
            return place.name if place is not None else ""
        if node.kind is Kind.LOCATION:
            state = self.state(node)
            return state.registration.name if state else ""
        return node.name

    def sign(self, node: Node) -> Connection | JobState | None:
        state = self.state(node)
        if node.kind is Kind.FARM:
            return self.sum(node.name).worst
        if state is None:
            return None
        if node.kind is Kind.LOCATION:
            return None if _silent_icon(state) else state.shown_connection
        if node.kind is Kind.TASK:
            job = state.newest_backup(node.name)
            return state.shown_state(job) if job else JobState.NOT_PLANNED
        return None

    def counts(self, node: Node) -> tuple[tuple[JobState, int], ...]:
        if node.kind is Kind.FARM:
            return self.sum(node.name).counts
        state = self.state(node)
        if node.kind is not Kind.LOCATION or state is None or state.connection is Connection.OFF:
            return ()
        counts = state.trouble_counts
        return tuple((s, counts[s]) for s in SEVERITY if s in counts)

    def wanted(self, node: Node) -> list[str]:
        """The media that jobs of a location, or of a task, wait for."""
        state = self.state(node)
        if state is None or node.kind not in (Kind.LOCATION, Kind.TASK):
            return []
        return wanted_labels(state, node.name if node.kind is Kind.TASK else "")

    def side(self, node: Node) -> str:
        if node.kind is Kind.ALL:
            return str(len(self._fleet.locations))
        if node.kind is Kind.FARM:
            told = self.sum(node.name)
            return str(told.total) if told.live == told.total else f"{told.live} of {told.total}"
        state = self.state(node)
        if node.kind is Kind.CLIENTS and state is not None and state.picture is not None:
            return str(len(state.picture.clients))
        if node.kind is not Kind.LOCATION or state is None:
            return ""
        if state.connection is Connection.OFF:
            return "off"
        if state.maintenance_end is not None:
            return f"until {self._until(state.maintenance_end)}"
        if state.is_live or not state.proof_time:
            return ""
        return age_between(state.proof_time, self._now())

    def selection(self, node: Node) -> Selection:
        if node.kind is Kind.FARM:
            return Selection(farm=node.name)
        if node.kind is Kind.STRANGER:
            return Selection(stranger=node.name)
        if node.kind is Kind.TASK:
            return Selection(node.location_id, ((node.location_id, node.name),))
        client = node.name if node.kind is Kind.CLIENT else ""
        return Selection(node.location_id, client=client)

    def tooltip(self, node: Node) -> str | None:
        farms = self._fleet.farms
        if node.kind is Kind.FARM and node.name in farms.farms:
            return farm_tip(farms, node.name, self.sum(node.name))
        if node.kind is Kind.ALL:
            return farm_tip(farms, ROOT, self.sum(ROOT))
        if node.kind is Kind.STRANGER and node.name in farms.places:
            return stranger_tip(farms, farms.places[node.name])
        state = self.state(node)
        if state is None:
            return None
        if node.kind is Kind.LOCATION:
            return location_tip(state, self._now())
        if node.kind is Kind.TASK:
            return task_tip(state, node.name, self._now())
        return None

    def sentence(self, node: Node) -> str:
        """For those who listen to the tree."""
        parts = [self.text(node)]
        if node.kind is Kind.FARM:
            parts.append("farm")
        if node.kind is Kind.STRANGER:
            parts.append("not one of this desk's locations")
        state = self.state(node)
        is_place = node.kind is Kind.LOCATION and state is not None
        sign = state.shown_connection if is_place and state is not None else self.sign(node)
        if isinstance(sign, Connection):
            parts.append(CONNECTION_WORDS[sign])
        elif sign is not None:
            parts.append(WORDS[sign])
        if is_place and state is not None:
            parts += [f"process {one.name} {one.state}" for one in state.failed_processes]
            parts += ["only observed"] if state.control.observed_by is not None else []
            parts += ["in maintenance"] if state.maintenance_end is not None else []
            parts += [f"marked {state.control.colour}"] if state.control.colour else []
        parts += [f"{number} {WORDS[each]}" for each, number in self.counts(node)]
        parts += [f"wants the medium {label}" for label in self.wanted(node)]
        side = self.side(node)
        is_age = is_place and state is not None and bool(side) and not state.is_silent
        side = f"as of {side} ago" if is_age else side
        side = f"{side} locations" if node.kind is Kind.FARM else side
        return ", ".join(part for part in (*parts, side if side != "off" else "") if part)

    def state(self, node: Node) -> LocationState | None:
        return self._fleet.locations.get(node.location_id)

    def _farm_row(self, node: Node) -> TreeRow:
        farms, farm_id = self._fleet.farms, node.name
        marks = farms.farms[farm_id].marks if farm_id in farms.farms else farms.root
        observes = farm_id in farms.farms and any(
            farms.marks(above).switches.observes for above in (ROOT, *farms.above(farm_id))
        )
        return TreeRow(
            Kind.FARM,
            self.text(node),
            self.sign(node),
            self.counts(node),
            self.side(node),
            icon=MAINTENANCE_ICON if self.sum(farm_id).total else "folder",
            badges=(OBSERVED_ICON,) if observes else (),
            colour=marks.colour,
        )

    def _root_badges(self, node: Node) -> tuple[str, ...]:
        observes = node.kind is Kind.ALL and self._fleet.farms.root.switches.observes
        return (OBSERVED_ICON,) if observes else ()

    def _until(self, end: datetime) -> str:
        """In the desk's time zone."""
        zone = self._now().astimezone().tzinfo or UTC
        is_near = (end - self._now()).total_seconds() < 12 * 3600
        return f"{end.astimezone(zone):%H:%M}" if is_near else moment_text(end, zone)


def _silent_icon(state: LocationState | None) -> str:
    """A dark location of which silence is expected has no sign of trouble."""
    if state is None or state.is_live or state.maintenance_end is None:
        return ""
    return "" if state.connection is Connection.OFF else MAINTENANCE_ICON


def _badges(state: LocationState | None) -> tuple[str, ...]:
    if state is None:
        return ()
    is_marked = state.maintenance_end is not None and not _silent_icon(state)
    is_off = state.connection is Connection.OFF
    return (
        *((FAULT_ICON,) if state.failed_processes else ()),
        *((OBSERVED_ICON,) if state.control.observed_by is not None else ()),
        *((MAINTENANCE_ICON,) if is_marked and not is_off else ()),
    )
