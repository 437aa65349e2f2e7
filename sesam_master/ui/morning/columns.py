"""The columns of what needs a person."""

from collections.abc import Callable
from datetime import datetime

from sesam_master.core.needs import Need
from sesam_master.ui.morning.words import since_text, state_text, what_text, why_text
from sesam_master.ui.widgets.column import Align, CellKind, Column


def need_columns(clock: Callable[[], datetime]) -> tuple[Column[Need], ...]:
    return (
        *_PLACE_COLUMNS,
        Column(
            "since",
            "Since",
            70,
            lambda need: since_text(need, clock()),
            kind=CellKind.NUMBER,
            align=Align.RIGHT,
            sort=lambda need: need.since,
            descending_first=True,
        ),
        Column(
            "why",
            "Why",
            330,
            lambda need: why_text(need, clock()),
            tooltip=lambda need: why_text(need, clock()),
            most=1200,
        ),
    )


_PLACE_COLUMNS: tuple[Column[Need], ...] = (
    Column(
        "state",
        "State",
        112,
        state_text,
        kind=CellKind.STATE,
        value=lambda need: need.state,
        sort=lambda need: need.rank,
        fits=("Unprotected",),
    ),
    Column(
        "location",
        "Location",
        130,
        lambda need: need.place.registration.name,
        kind=CellKind.LOCATION,
        value=lambda need: need.place.shown_connection,
        least=90,
        most=240,
    ),
    Column(
        "what",
        "What",
        170,
        what_text,
        kind=CellKind.STRONG,
        tooltip=lambda need: "\n".join(need.names),
        least=110,
        most=320,
    ),
)
