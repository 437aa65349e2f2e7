"""The facets of the results: states and locations with their counts over the whole set."""

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Signal

from sesam_master.core.fleet import LocationState
from sesam_master.core.states import WORDS, JobState, severity_rank
from sesam_master.ui.formatting import count_text
from sesam_master.ui.results.filters import JOB_STATES, ResultFilter
from sesam_master.ui.results.location_facets import LocationFacets
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.facets import Facet, FacetColumn, FacetGroup

STATE = "state"


class ResultFacets(FacetColumn):
    """`narrowed` carries the filter that a tick asks for; `chosen` gives the one that holds."""

    narrowed = Signal(object)

    def __init__(self, holder: ThemeHolder, chosen: Callable[[], ResultFilter]) -> None:
        super().__init__(holder)
        self._locations = LocationFacets()
        self._chosen = chosen
        self._counts: Mapping[JobState, int] = {}
        self._places: Sequence[LocationState] = ()
        self._place_counts: Mapping[str, int | None] = {}
        self.changed.connect(self._tick)
        self.more_clicked.connect(self._show_more)
        self.searched.connect(self._find)

    def show_counts(
        self,
        counts: Mapping[JobState, int],
        places: Sequence[LocationState],
        place_counts: Mapping[str, int | None],
        *,
        may_not_move: bool,
    ) -> None:
        """Locations stand in the order of their counts, or while they may not move, as before."""
        self._counts = counts
        self._places, self._place_counts = places, place_counts
        self._show(may_not_move=may_not_move)

    def _show(self, *, may_not_move: bool = True) -> None:
        chosen = self._chosen()
        groups = [state_facets(self._counts, chosen)]
        if chosen.scope is None:
            groups.append(
                self._locations.group(self._places, self._place_counts, chosen, may_not_move)
            )
        self.set_groups(groups)

    def _tick(self, group: str, key: str, is_on: bool) -> None:
        if group == STATE:
            self.narrowed.emit(self._chosen().toggled_state(JobState(key), is_on))
        else:
            self.narrowed.emit(self._chosen().toggled_location(key, is_on))

    def _show_more(self, _group: str) -> None:
        self._locations.shows_all = not self._locations.shows_all
        self._show()

    def _find(self, _group: str, text: str) -> None:
        self._locations.text = text
        self._show()


def state_facets(counts: Mapping[JobState, int], chosen: ResultFilter) -> FacetGroup:
    """The states that a job can have, worst first, with their counts; unknown only where it is."""
    states = list(JOB_STATES)
    if counts.get(JobState.UNKNOWN) or JobState.UNKNOWN in chosen.states:
        states = sorted([*states, JobState.UNKNOWN], key=severity_rank)
    rows = tuple(
        Facet(
            state.value,
            WORDS[state],
            count_text(counts.get(state, 0)),
            is_checked=state in chosen.states,
            sign=state,
            is_quiet=not counts.get(state),
        )
        for state in states
    )
    return FacetGroup(STATE, "State", rows)
