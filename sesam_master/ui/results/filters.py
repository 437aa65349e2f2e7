"""What a person narrowed the results to, and the query that says it to the agents."""

from dataclasses import dataclass, replace
from datetime import date

from sesam_master.core.gateway import JobQuery
from sesam_master.core.records import JobKind
from sesam_master.core.results_groups import Grouping
from sesam_master.core.results_period import ALL_DAYS, Period
from sesam_master.core.states import SEVERITY, JobState

# The states that a job can have at its agent, worst first. The others are made by the desk.
JOB_STATES: tuple[JobState, ...] = tuple(
    state
    for state in SEVERITY
    if state
    in {
        JobState.BROKEN,
        JobState.ERROR,
        JobState.WARNING,
        JobState.CANCELLED,
        JobState.ACTIVE,
        JobState.QUEUED,
        JobState.OK,
    }
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What was chosen in the tree: a location, or one client or task of it."""

    location_id: str
    client: str = ""
    task: str = ""


@dataclass(frozen=True, slots=True)
class ResultFilter:
    """Empty sets and texts take nothing away."""

    scope: Scope | None = None
    states: frozenset[JobState] = frozenset()
    locations: frozenset[str] = frozenset()
    period: Period = ALL_DAYS
    text: str = ""
    order: str = "create_time"
    descending: bool = True
    grouping: Grouping = Grouping.NONE
    shows_known: bool = False

    def query(self, today: date) -> JobQuery:
        """The backups wanted, for every location; `today` is the open sesam day."""
        first, last = self.period.span(today)
        return JobQuery(
            states=self.states,
            kinds=frozenset({JobKind.BACKUP}),
            task=self.scope.task if self.scope else "",
            client=self.scope.client if self.scope else "",
            first_sesam_day=first.isoformat() if first else "",
            last_sesam_day=last.isoformat() if last else "",
            text=self.text.strip(),
            order=self.order,
            descending=self.descending,
        )

    def toggled_state(self, state: JobState, is_on: bool) -> "ResultFilter":
        """With the state taken in or out."""
        states = self.states | {state} if is_on else self.states - {state}
        return replace(self, states=states)

    def toggled_location(self, location_id: str, is_on: bool) -> "ResultFilter":
        """With the location taken in or out."""
        ids = self.locations | {location_id} if is_on else self.locations - {location_id}
        return replace(self, locations=ids)

    def without(self, key: str) -> "ResultFilter":
        """Without one of its parts, by the key of the button that removes it."""
        changes: dict[str, ResultFilter] = {
            "scope": replace(self, scope=None),
            "locations": replace(self, locations=frozenset()),
            "states": replace(self, states=frozenset()),
            "period": replace(self, period=ALL_DAYS),
            "text": replace(self, text=""),
            "known": replace(self, shows_known=True),
        }
        return changes[key]
