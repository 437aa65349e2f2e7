"""Why something cannot be done with the savesets of a location, as its agent would say."""

from sesam_master.core.fleet import LocationState
from sesam_master.core.records import Role
from sesam_master.core.states import CONNECTION_WORDS
from sesam_master.ui.observing import observe_reason

NOT_LISTED = "The location is not listed any more."


def verify_reason(place: LocationState | None) -> str | None:
    """Why nothing can be compared with its digests there."""
    if place is not None and place.is_live and not place.role.may_verify:
        return _role_reason(place, Role.OPERATOR)
    return dark_reason(place) or observe_reason(place)


def change_reason(place: LocationState | None) -> str | None:
    """Why no saveset can be deleted there, nor its EOL be changed."""
    if place is not None and place.is_live and place.role is not Role.ADMIN:
        return _role_reason(place, Role.ADMIN)
    return dark_reason(place) or observe_reason(place)


def dark_reason(place: LocationState | None) -> str | None:
    """Why nothing can be asked of it."""
    if place is None:
        return NOT_LISTED
    if not place.is_live:
        word = CONNECTION_WORDS[place.shown_connection].lower()
        return f"{place.registration.name} is {word}; nothing can be sent to it."
    return None


def _role_reason(place: LocationState, wanted: Role) -> str:
    name = place.registration.name
    return f"This desk has the role {place.role.value} at {name}. Ask for the role {wanted.value}."
