"""What the page says of its results as a whole."""

from datetime import datetime, tzinfo

from sesam_master.core.results_period import Period, PeriodKind
from sesam_master.ui.results.filters import ResultFilter
from sesam_master.ui.results.presenter import ResultsPicture, ResultsPresenter
from sesam_master.ui.results.sentences import (
    PERIOD_NAMES,
    count_sentence,
    missing_sentence,
    span_text,
    standing_text,
)


def page_sentence(picture: ResultsPicture, new: int, kept: int, now: datetime, zone: tzinfo) -> str:
    """How many results are shown, whose are missing, where the last sesam day is over. `new` rows
    wait, `kept` ones stay though they match no more."""
    names = {p.registration.location_id: p.registration.name for p in picture.places}
    sentence = count_sentence(picture.shown - new + kept, picture.total, new, picture.groups)
    sentence += missing_sentence(picture.gaps, names, now, zone)
    last = picture.days[1]
    if picture.standing is not None and last is not None:
        sentence += f"  {span_text(last, last)}: {standing_text(picture.standing)}."
    return sentence


def scope_words(picture: ResultsPicture, chosen: ResultFilter) -> str:
    """All locations, or which."""
    if chosen.scope is None and not chosen.locations:
        return "All locations"
    names = [place.registration.name for place in picture.places]
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} locations"


def standings(presenter: ResultsPresenter) -> list[tuple[PeriodKind, str]]:
    """Of each kind of period where its last day is closed and where it is open."""
    today = presenter.today()
    said = []
    for kind in PERIOD_NAMES:
        last = Period(kind).span(today)[1]
        if last is not None:
            said.append((kind, standing_text(presenter.standing(last))))
    return said
