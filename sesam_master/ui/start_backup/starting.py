"""Starts a task or group at a location in the way a person wishes, and says what hinders it."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from sesam_master.core.acts import Act, Made, unsent
from sesam_master.core.fleet import LocationState
from sesam_master.core.start import (
    LONGEST_AHEAD,
    BackupOrder,
    Moment,
    StartObject,
    Wall,
    Wish,
    is_past,
    moment_of,
)
from sesam_master.core.start_source import StartSource
from sesam_master.ui.formatting import moment_text
from sesam_master.ui.results.actions import start_reason
from sesam_master.ui.start_backup.site_plans import SiteNames


@dataclass(slots=True)
class Starting:
    """Implements acts.actor.Deed. `plans` are those of the locations that have told theirs, `zone`
    is that of the person at the desk."""

    source: StartSource
    plans: Mapping[str, SiteNames]
    zone: tzinfo
    clock: Callable[[], datetime]
    wish: Wish

    def prepared(self, order: BackupOrder, place: LocationState | None) -> Act[BackupOrder]:
        """As it is wished now, with what hinders it or what is odd about its time."""
        what, wish = order.object, self.wish
        zone = place.zone if place is not None else UTC
        moment = moment_of(wish.when, zone, self.zone) if wish.when is not None else None
        plan = self.plans.get(what.location_id)
        start_time = moment.instant if moment is not None else None
        return unsent(
            BackupOrder(
                *(what, wish.type, start_time, wish.priority, wish.drive, wish.follow_up, wish.pool)
            ),
            place,
            _place_reason(what, place, plan)
            or _time_reason(moment, zone, place, self.clock())
            or _names_reason(wish, plan, place),
            note=_oddity(wish, moment, zone, self.zone) if moment is not None else "",
        )

    def send(self, order: BackupOrder, request_id: str) -> Coroutine[Any, Any, Made]:
        return self.source.order_backup(order, request_id)

    def doing(self, order: BackupOrder) -> str:
        return f"start {order.name}"


def _place_reason(
    what: StartObject, place: LocationState | None, plan: SiteNames | None
) -> str | None:
    if what.task or place is None:
        return start_reason(place, what.task)
    some_task = next(iter(place.picture.tasks), None) if place.picture else ""
    if some_task is None:
        return f"There are no tasks at {place.registration.name}."
    reason = start_reason(place, some_task)  # a dark location, or a role that may not
    if reason is not None or plan is None:
        return reason
    if what.group not in plan.groups:
        return f"There is no task group {what.group} at {place.registration.name}."
    if not plan.groups[what.group]:
        return f"The task group {what.group} at {place.registration.name} has no tasks."
    return None


def _time_reason(
    moment: Moment | None, zone: tzinfo, place: LocationState | None, now: datetime
) -> str | None:
    if moment is None or place is None:
        return None
    offset = timedelta(seconds=place.clock_offset_seconds or 0.0)
    if is_past(moment.instant, now + offset):
        when = moment_text(moment.instant, zone)
        return f"{when} has passed at {place.registration.name}. Choose a later time."
    if moment.instant - now > LONGEST_AHEAD:
        return f"At most {LONGEST_AHEAD.days} days ahead can be planned. Choose an earlier day."
    return None


def _names_reason(wish: Wish, plan: SiteNames | None, place: LocationState | None) -> str | None:
    if plan is None or place is None:
        return None
    name = place.registration.name
    if wish.drive and wish.drive not in plan.drives:
        return f"There is no drive {wish.drive} at {name}. Choose another, or any drive."
    if wish.pool and wish.pool not in plan.pools:
        return f"There is no media pool {wish.pool} at {name}. Choose another, or the usual one."
    if wish.follow_up and wish.follow_up not in plan.events:
        return f"There is no event {wish.follow_up} at {name}. Choose another, or none."
    return None


def _oddity(wish: Wish, moment: Moment, zone: tzinfo, mine: tzinfo) -> str:
    """What a change of the clocks does to the time that was chosen."""
    if wish.when is None or moment.wall is Wall.ONCE:
        return ""
    read = zone if wish.when.is_site else mine
    where = "there" if wish.when.is_site else "here"
    if moment.wall is Wall.NEVER:
        return (
            f"{wish.when.wall:%H:%M} does not come {where} on that day: the clocks go forward "
            f"over it. It starts at {moment_text(moment.instant, read)}."
        )
    return (
        f"{wish.when.wall:%H:%M} comes twice {where} on that day: the clocks go back. "
        "It starts the first time."
    )
