"""Which locations stand in the facets: a few with the most results, the chosen ones, the found."""

from collections.abc import Mapping, Sequence

from sesam_master.core.fleet import LocationState
from sesam_master.core.states import CONNECTION_WORDS
from sesam_master.ui.formatting import UNKNOWN, count_text
from sesam_master.ui.results.filters import ResultFilter
from sesam_master.ui.widgets.facets import Facet, FacetGroup

SHOWN = 8
FEW = SHOWN + 2  # so many are shown at once: a link for one or two would save nothing
KEY = "location"


class LocationFacets:
    """`text` narrows by name, `shows_all` lifts the limit."""

    def __init__(self) -> None:
        self.text = ""
        self.shows_all = False
        self._order: dict[str, int] = {}

    def group(
        self,
        places: Sequence[LocationState],
        counts: Mapping[str, int | None],
        chosen: ResultFilter,
        may_not_move: bool,
    ) -> FacetGroup:
        """The rows now, those with most results first, or in the order of before."""
        if not may_not_move or self._order.keys() != {p.registration.location_id for p in places}:
            self._sort(places, counts)
        ordered = sorted(places, key=lambda place: self._order[place.registration.location_id])
        wanted = self.text.strip().casefold()
        found = [place for place in ordered if wanted in place.registration.name.casefold()]
        is_long = len(places) > FEW
        rows = [
            place
            for number, place in enumerate(found)
            if not is_long
            or self.shows_all
            or number < SHOWN
            or place.registration.location_id in chosen.locations
        ]
        more = f"{len(found) - len(rows)} more" if len(rows) < len(found) else ""
        if is_long and self.shows_all:
            more = "Show fewer"
        elif is_long and not found:
            more = "None has this name"
        return FacetGroup(
            KEY,
            f"Location ({len(places)})" if is_long else "Location",
            tuple(_facet(place, counts, chosen) for place in rows),
            more,
            "Find a location" if is_long else "",
        )

    def _sort(self, places: Sequence[LocationState], counts: Mapping[str, int | None]) -> None:
        def key(place: LocationState) -> tuple[int, str]:
            count = counts.get(place.registration.location_id)
            return (-1 if count is None else count) * -1, place.registration.name.casefold()

        ids = [place.registration.location_id for place in sorted(places, key=key)]
        self._order = {location_id: number for number, location_id in enumerate(ids)}


def _facet(place: LocationState, counts: Mapping[str, int | None], chosen: ResultFilter) -> Facet:
    key = place.registration.location_id
    count = counts.get(key)
    return Facet(
        key,
        place.registration.name,
        UNKNOWN if count is None else count_text(count),
        is_checked=key in chosen.locations,
        sign=None if place.is_live else place.shown_connection,
        is_quiet=not place.is_live,
        tip="" if place.is_live else _why_unknown(place),
    )


def _why_unknown(place: LocationState) -> str:
    state = CONNECTION_WORDS[place.shown_connection].lower()
    return (
        f"{place.registration.name} is {state}; how many results it has now is not known. "
        "Those that came before stay facts, and the states go on counting them."
    )
