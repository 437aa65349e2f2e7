"""The groups, drives, media pools and events of the locations where something is to be started."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from sesam_master.core.plan import Plan
from sesam_master.core.plan_source import PlanSource
from sesam_master.ui.bridge import Bridge

AT_ONCE = 16
TELL_MS = 100  # many locations answer at about the same time


@dataclass(frozen=True, slots=True)
class SiteNames:
    """What a start can name at a location; of a group whether it has tasks. Of events those that
    may follow: a sesam day ends at its own time only."""

    groups: Mapping[str, bool]
    drives: frozenset[str]
    pools: frozenset[str]
    events: frozenset[str]


Kind = Callable[[SiteNames], Iterable[str]]


class SitePlans(QObject):
    """Asks a few locations at a time, each once. `changed`: others answered, or failed."""

    changed = Signal()

    def __init__(self, bridge: Bridge, source: PlanSource, parent: QObject) -> None:
        super().__init__(parent)
        self.plans: dict[str, SiteNames] = {}
        self._bridge = bridge
        self._source = source
        self._counts: dict[Kind, Counter[str]] = {kind: Counter() for kind in _KINDS}
        self._wanted: dict[str, None] = {}
        self._asked: set[str] = set()
        self._telling = QTimer(self)
        self._telling.setSingleShot(True)
        self._telling.setInterval(TELL_MS)
        self._telling.timeout.connect(self.changed)

    @property
    def asking(self) -> int:
        """How many have not answered yet."""
        return len(self._wanted) + len(self._asked)

    def want(self, location_ids: Iterable[str]) -> None:
        """Ask these, if that was not done."""
        known = self.plans.keys() | self._asked
        self._wanted |= dict.fromkeys(key for key in location_ids if key not in known)
        self._ask_more()

    def names(self, kind: Kind) -> dict[str, int]:
        """Names by how many of the locations have them, in the order of the alphabet."""
        return dict(sorted(self._counts[kind].items(), key=lambda item: item[0].casefold()))

    def _ask_more(self) -> None:
        for key in list(self._wanted):
            if len(self._asked) >= AT_ONCE:
                return
            del self._wanted[key]
            self._ask(key)

    def _ask(self, location_id: str) -> None:
        def done(plan: Plan) -> None:
            names = self.plans[location_id] = site_names(plan)
            for kind, counts in self._counts.items():
                counts.update(kind(names))
            ended()

        def ended() -> None:
            self._asked.discard(location_id)
            self._ask_more()
            self._tell()

        self._asked.add(location_id)  # the answer may come before `ask` returns
        question = self._source.plan(location_id)
        # One that does not answer is not among those that have a name.
        self._bridge.ask(question, self, done, lambda _error: ended())

    def _tell(self) -> None:
        """The last answer at once, those before it together."""
        if not self.asking:
            self._telling.stop()
            self.changed.emit()
        elif not self._telling.isActive():
            self._telling.start()


def site_names(plan: Plan) -> SiteNames:
    """What is left of a plan, of which a fleet has a million objects."""
    return SiteNames(
        {group.name: bool(group.tasks) for group in plan.groups},
        frozenset(drive.name for drive in plan.drives),
        frozenset(plan.pools),
        frozenset(event.name for event in plan.events if not event.is_newday),
    )


def group_names(names: SiteNames) -> Iterable[str]:
    return names.groups


def drive_names(names: SiteNames) -> Iterable[str]:
    return names.drives


def pool_names(names: SiteNames) -> Iterable[str]:
    return names.pools


def event_names(names: SiteNames) -> Iterable[str]:
    return names.events


_KINDS: tuple[Kind, ...] = (group_names, drive_names, pool_names, event_names)
