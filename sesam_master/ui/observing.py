"""Why this desk may only look at a location. That it sends nothing there is seen to in remote."""

from sesam_master.core.fleet import LocationState


def observe_reason(place: LocationState | None) -> str | None:
    """Why nothing can be started or changed there from this desk; None if it can."""
    if place is None or place.control.observed_by is None:
        return None
    by = place.control.observed_by
    where = f" (set at {by})" if by else ""
    return (
        f"This desk only observes {place.registration.name}{where}: from here nothing is started "
        "or changed there."
    )
