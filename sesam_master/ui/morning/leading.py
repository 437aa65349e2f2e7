"""Where the start page leads: to the lists that exist, narrowed to what its numbers count."""

from collections.abc import Callable
from dataclasses import dataclass

from sesam_master.core.calendar_filter import CalendarFilter
from sesam_master.core.morning import FAILED
from sesam_master.core.morning_answer import Days
from sesam_master.core.needs import Need, NeedKind
from sesam_master.core.protection import Gap, Unprotected
from sesam_master.core.records import Job
from sesam_master.core.results_period import Period, PeriodKind
from sesam_master.core.sheet import RowKind
from sesam_master.core.states import JobState
from sesam_master.ui.calendar.page import CalendarPage
from sesam_master.ui.components.page import ComponentsPage
from sesam_master.ui.components.rows import ComponentKind
from sesam_master.ui.licence.licence_desk import LicenceDesk
from sesam_master.ui.location_pages import OpensPages
from sesam_master.ui.main_window import MainWindow
from sesam_master.ui.morning.page import MorningVerbs
from sesam_master.ui.morning.presenter import MorningPicture
from sesam_master.ui.morning.words import Lead
from sesam_master.ui.now.page import NowPage
from sesam_master.ui.now.presenter import NowScope
from sesam_master.ui.objects.opening import ObjectPages
from sesam_master.ui.results.filters import ResultFilter, Scope
from sesam_master.ui.results.page import ResultsPage

_STATES = {
    Lead.FAILED: FAILED,
    Lead.WARNINGS: frozenset({JobState.WARNING}),
    Lead.OK: frozenset({JobState.OK}),
}


@dataclass(frozen=True, slots=True)
class Places:
    """The lists of the desk. `location` and `job` get ids and bring their page to the front."""

    window: MainWindow
    results: ResultsPage
    calendar: CalendarPage
    now: NowPage
    licences: LicenceDesk
    components: ObjectPages[ComponentsPage]
    processes: OpensPages
    location: Callable[[str], None]
    job: Callable[[str, str], None]
    new_location: Callable[[], None]


class Leading:
    """Follows tiles and rows."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def verbs(self) -> MorningVerbs:
        return MorningVerbs(self.follow, self.open, self._places.new_location)

    def follow(self, lead: Lead, picture: MorningPicture) -> None:
        """The list that a tile counts."""
        places, days = self._places, picture.numbers.days
        if picture.scope is not None and not picture.scope:
            return  # an empty farm: every list would show more than was counted
        if lead in _STATES:
            self._show_results(results_filter(days, _STATES[lead], picture.scope))
        elif lead is Lead.MISSED:
            self._show_calendar(missed_filter(days, picture.scope))
        elif lead is Lead.RUNNING:
            places.window.show_page(places.now)
            places.now.show_only(now_scope(picture))
        elif lead is Lead.LICENCE:
            places.licences.show_sheet()
        elif lead is Lead.STORE and picture.numbers.fullest is not None:
            at = picture.numbers.fullest.place.registration.location_id
            self._show_component(at, ComponentKind.STORES)
        else:
            places.location("")

    def open(self, need: Need, picture: MorningPicture) -> None:
        """What a row is about."""
        places, at, days = self._places, need.location_id, picture.numbers.days
        detail = need.detail
        if isinstance(detail, Job) and need.count == 1:
            places.job(at, detail.id)
        elif isinstance(detail, Job):
            self._show_results(results_filter(days, frozenset({detail.state}), frozenset({at})))
        elif isinstance(detail, Unprotected):
            self._open_client(at, detail)
        elif need.kind is NeedKind.MISSED:
            self._show_calendar(missed_filter(days, frozenset({at})))
        elif need.kind is NeedKind.STORE:
            self._show_component(at, ComponentKind.STORES)
        elif need.kind is NeedKind.LICENCE:
            places.licences.show_info(at)
        elif need.kind is NeedKind.PART:
            places.processes.open(at)
        else:
            places.location(at)

    def _open_client(self, at: str, detail: Unprotected) -> None:
        """Its results; where there can be none, where a task is made."""
        if detail.gap is Gap.NO_TASK:
            self._show_component(at, ComponentKind.TASKS)
        else:
            self._show_results(ResultFilter(scope=Scope(at, detail.client)))

    def _show_results(self, chosen: ResultFilter) -> None:
        self._places.window.show_page(self._places.results)
        self._places.results.show_only(chosen)

    def _show_calendar(self, chosen: CalendarFilter) -> None:
        self._places.window.show_page(self._places.calendar)
        self._places.calendar.show_only(chosen)

    def _show_component(self, location_id: str, kind: ComponentKind) -> None:
        page = self._places.components.open(location_id)
        if page is not None:
            page.show_kind(kind)


def results_filter(
    days: Days, states: frozenset[JobState], locations: frozenset[str] | None
) -> ResultFilter:
    """The backups of these days in these states. One location is a scope, as the tree makes it."""
    only = next(iter(locations)) if locations is not None and len(locations) == 1 else ""
    return ResultFilter(
        scope=Scope(only) if only else None,
        states=states,
        locations=frozenset() if only else locations or frozenset(),
        period=Period(PeriodKind.SPAN, days.first, days.last),
    )


def now_scope(picture: MorningPicture) -> NowScope:
    """What runs at these locations."""
    scope = picture.scope
    if scope is None:
        return NowScope()
    return NowScope(next(iter(scope))) if len(scope) == 1 else NowScope(farm=picture.name)


def missed_filter(days: Days, locations: frozenset[str] | None) -> CalendarFilter:
    """The tasks that missed a start in these days."""
    return CalendarFilter(
        locations=locations or frozenset(),
        kinds=frozenset({RowKind.BACKUP}),
        states=frozenset({JobState.MISSED}),
        since=days.first,
    )
