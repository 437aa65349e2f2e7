"""What lies on data stores that are immutable, and from when on it may go."""

from collections.abc import Iterable
from datetime import date, timedelta

from server_agent.domain.copies import Lying
from server_agent.domain.errors import InvalidArgument, SavesetNeeded
from server_agent.domain.savesets import Saveset
from server_agent.ports import CatalogueView, Clock
from server_agent.service.days import HELD_BACK, day_of, is_held_back


def immutable_labels(view: CatalogueView) -> dict[str, str]:
    """The media on such data stores, and the store of each."""
    stores = {store.name for store in view.data_stores() if store.immutable}
    return {medium.label: medium.store for medium in view.media() if medium.store in stores}


def check_may_go(view: CatalogueView, places: Iterable[Saveset], clock: Clock) -> None:
    """Of savesets that are to be deleted, as they lie in their places: raises SavesetNeeded for the
    first that must stay. A saveset is kept on the day of its EOL, and as long as the clock may be
    ahead."""
    held = immutable_labels(view)
    for saveset in places:
        if saveset.label not in held:
            continue
        store = held[saveset.label]
        if is_kept(saveset, day_of(view, clock, clock.now())):
            raise SavesetNeeded(saveset=saveset.name, users=_until(saveset, store))
        if not is_day_sure(view, clock):
            users = f"its data store {store} is immutable. {HELD_BACK}"
            raise SavesetNeeded(saveset=saveset.name, users=users)


def is_day_sure(view: CatalogueView, clock: Clock) -> bool:
    """Whether today is not only what a clock says that has leapt."""
    return not is_held_back(view, clock, day_of(view, clock, clock.now()))


def check_eol(view: CatalogueView, saveset: Saveset, eol: date) -> None:
    """Raises InvalidArgument if that would let a saveset go earlier."""
    store = immutable_labels(view).get(saveset.label)
    if store is not None and (saveset.eol is None or eol < saveset.eol):
        least = saveset.eol.isoformat() if saveset.eol is not None else "no day at all"
        raise InvalidArgument(
            field="eol",
            value=eol.isoformat(),
            expected=f"{least} or later: the data store {store} is immutable",
        )


def is_kept(saveset: Lying, today: date) -> bool:
    """Whether its EOL is not over."""
    return saveset.eol is None or saveset.eol >= today


def _until(saveset: Saveset, store: str) -> str:
    what = f"its data store {store} is immutable"
    if saveset.eol is None:
        return f"{what}, and the saveset has no EOL"
    return f"{what}, and it may go from {saveset.eol + timedelta(1)} on"
