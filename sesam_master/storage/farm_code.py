"""The farms as one JSON document, in the desk's own file and in those for other desks."""

import json
from datetime import date, datetime
from typing import Any

from sesam_master.core.farms import Colour, Farm, Farms, Marks, Place, Switches, faults
from sesam_master.core.maintenance import MaintenanceWindow

FORMAT = 1
KIND = "sesam-master farms"


class NewerFormat(Exception):
    """A newer desk wrote it. Attributes: found."""

    def __init__(self, found: int) -> None:
        self.found = found
        super().__init__(found)


def packed(farms: Farms) -> bytes:
    """The document, in an order that does not depend on how the farms came about."""
    document = {
        "kind": KIND,
        "format": FORMAT,
        "root": _marks_out(farms.root),
        "farms": [
            {"id": farm.id, "name": farm.name, "parent": farm.parent, **_marks_out(farm.marks)}
            for farm in farms.farms.values()
        ],
        "locations": [
            {
                "location_id": place.location_id,
                "name": place.name,
                "farm": place.farm,
                **_marks_out(place.marks),
            }
            for place in farms.places.values()
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=False).encode()


def unpacked(content: bytes) -> Farms:
    """Raises ValueError, with what is wrong, for what is no such document; NewerFormat."""
    try:
        document = json.loads(content)
        if document["kind"] != KIND:
            raise ValueError("it is a file of another kind")
        found = document["format"]
        if type(found) is not int or found < 1:
            raise ValueError(f"its format is {found!r}")
        if found > FORMAT:
            raise NewerFormat(found)
        farms = Farms(
            farms=_by_id([_farm_in(item) for item in document["farms"]]),
            places=_by_id([_place_in(item) for item in document["locations"]]),
            root=_marks_in(document["root"]),
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
    fault = next(faults(farms), "")
    if fault:
        raise ValueError(fault)
    return farms


def _by_id(items: list[Any]) -> dict[str, Any]:
    found = {item.id if isinstance(item, Farm) else item.location_id: item for item in items}
    if len(found) != len(items):
        raise ValueError("a farm or a location stands in it twice")
    return found


def _farm_in(item: dict[str, Any]) -> Farm:
    name, parent = _text(item, "name"), _text(item, "parent")
    return Farm(_text(item, "id"), name, parent, _marks_in(item))


def _place_in(item: dict[str, Any]) -> Place:
    name, farm = _text(item, "name"), _text(item, "farm")
    return Place(_text(item, "location_id"), name, farm, _marks_in(item))


def _marks_out(marks: Marks) -> dict[str, Any]:
    switches = marks.switches
    return {
        "comment": marks.comment,
        "colour": marks.colour.value if marks.colour else None,
        "tags": list(marks.tags),
        "is_off": switches.is_off,
        "observes": switches.observes,
        "maintenance": [_window_out(window) for window in switches.windows],
    }


def _marks_in(item: dict[str, Any]) -> Marks:
    colour = item["colour"]
    tags = item["tags"]
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ValueError("tags are no list of texts")
    return Marks(
        comment=_text(item, "comment"),
        colour=Colour(colour) if colour is not None else None,
        tags=tuple(tags),
        switches=Switches(
            is_off=_switch(item, "is_off"),
            observes=_switch(item, "observes"),
            windows=tuple(_window_in(window) for window in item["maintenance"]),
        ),
    )


def _window_out(window: MaintenanceWindow) -> dict[str, Any]:
    return {
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "zone": window.zone,
        "days": sorted(window.days),
        "until": window.until.isoformat() if window.until else None,
        "comment": window.comment,
    }


def _window_in(item: dict[str, Any]) -> MaintenanceWindow:
    until = item["until"]
    if not all(type(day) is int for day in item["days"]):
        raise ValueError("days of a window are no numbers")
    return MaintenanceWindow(
        start=datetime.fromisoformat(item["start"]),
        end=datetime.fromisoformat(item["end"]),
        zone=_text(item, "zone"),
        days=frozenset(item["days"]),
        until=date.fromisoformat(until) if until is not None else None,
        comment=_text(item, "comment"),
    )


def _text(item: dict[str, Any], key: str) -> str:
    value = item[key]
    if not isinstance(value, str):
        raise ValueError(f"{key} is no text: {value!r}")  # noqa: TRY004 - all damage is one kind
    return value


def _switch(item: dict[str, Any], key: str) -> bool:
    value = item[key]
    if type(value) is not bool:
        raise ValueError(f"{key} is neither true nor false: {value!r}")
    return value
