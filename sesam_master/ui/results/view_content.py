"""A view as plain data to keep, and what such data say: filter, days, grouping, columns, sorting.

Whatever is missing, odd or not known to this desk is passed over: the rest of a view still opens.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from sesam_master.core.results_groups import Grouping
from sesam_master.core.results_period import ALL_DAYS, Period, PeriodKind
from sesam_master.core.states import JobState
from sesam_master.ui.results.columns import ORDERS
from sesam_master.ui.results.filters import ResultFilter, Scope

Word = TypeVar("Word", bound=StrEnum)


def content_of(
    chosen: ResultFilter, columns: Mapping[str, Any], names: Mapping[str, str]
) -> dict[str, Any]:
    """`columns` is the layout of the table; `names` are those of the chosen locations, so that one
    that is gone later can still be named."""
    period, scope = chosen.period, chosen.scope
    ids = sorted(chosen.locations)
    named = [*ids, *([scope.location_id] if scope else [])]
    return {
        "states": sorted(chosen.states),
        "locations": ids,
        "location_names": {key: names[key] for key in named if key in names},
        "scope": [scope.location_id, scope.client, scope.task] if scope else [],
        "period": {
            "kind": period.kind.value,
            "first": period.first.isoformat() if period.first else "",
            "last": period.last.isoformat() if period.last else "",
        },
        "text": chosen.text,
        "grouping": chosen.grouping.value,
        "order": chosen.order,
        "descending": chosen.descending,
        "shows_known": chosen.shows_known,
        "columns": dict(columns),
    }


def filter_of(content: Mapping[str, Any]) -> ResultFilter:
    """What a view narrows the results to."""
    states = [word for text in _texts(content, "states") if (word := _word(JobState, text))]
    scope = _texts(content, "scope")
    order = content.get("order")
    return ResultFilter(
        scope=Scope(*scope) if len(scope) == 3 and scope[0] else None,
        states=frozenset(states),
        locations=frozenset(_texts(content, "locations")),
        period=_period(content.get("period")),
        text=_text(content.get("text")),
        order=order if isinstance(order, str) and order in ORDERS.values() else "create_time",
        descending=content.get("descending") is not False,
        grouping=_word(Grouping, _text(content.get("grouping"))) or Grouping.NONE,
        shows_known=content.get("shows_known") is True,
    )


def columns_of(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The layout of the table; empty where it is not said."""
    columns = content.get("columns")
    return columns if isinstance(columns, Mapping) else {}


def gone_names(content: Mapping[str, Any], listed: Mapping[str, Any]) -> list[str]:
    """Locations that the view names and that are not listed at this desk."""
    chosen = filter_of(content)
    wanted = set(chosen.locations) | ({chosen.scope.location_id} if chosen.scope else set())
    names = content.get("location_names")
    known = names if isinstance(names, Mapping) else {}
    return sorted(str(known.get(key, key)) for key in wanted - listed.keys())


def _period(value: Any) -> Period:
    said = value if isinstance(value, Mapping) else {}
    kind = _word(PeriodKind, _text(said.get("kind")))
    if kind is None:
        return ALL_DAYS
    if kind is not PeriodKind.SPAN:
        return Period(kind)
    return Period(kind, _date(said.get("first")), _date(said.get("last")))


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(_text(value))
    except ValueError:
        return None


def _word(kind: type[Word], text: str) -> Word | None:
    return next((word for word in kind if word.value == text), None)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(content: Mapping[str, Any], key: str) -> list[str]:
    value = content.get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
