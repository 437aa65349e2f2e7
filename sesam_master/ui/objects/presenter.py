"""Joins a page of lists with its location: what is listed, drafts, saving, deleting."""

from abc import abstractmethod
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic

from PySide6.QtCore import QObject

from sesam_master.core.draft import Draft, Editable
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import FleetChange
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.notices import Notice, notice
from sesam_master.ui.objects.drafting import Drafting
from sesam_master.ui.objects.kinds import Drafts, Key
from sesam_master.ui.objects.listing import (
    ObjectRows,
    Row,
    W,
    with_objects,
)
from sesam_master.ui.objects.place import Place
from sesam_master.ui.objects.refusals import save_refusal


@dataclass(frozen=True, slots=True)
class Calls(Generic[W]):
    """What is asked of a location: to `read` the whole, and to add, change and remove one object.
    `what` is read, in words."""

    what: str
    read: Callable[[str], Coroutine[Any, Any, W]]
    add: Callable[[str, Any], Coroutine[Any, Any, Any]]
    change: Callable[[str, Any], Coroutine[Any, Any, Any]]
    remove: Callable[[str, Any], Coroutine[Any, Any, None]]


class ObjectsPresenter(Drafting[W, Row]):
    """Reads the lists, follows what the location tells, and sends what a person changed."""

    def __init__(
        self,
        bridge: Bridge,
        calls: Calls[W],
        rows: ObjectRows[W, Row],
        place: Place,
        drafts: Drafts,
        now: Callable[[], datetime],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(rows, place, drafts, now, parent)
        self._bridge = bridge
        self._calls = calls
        self._asked_at: datetime | None = None
        self._has_news = False
        self.is_asking = False
        self.is_saving = False
        self.list_problem: Notice | None = None
        bridge.fleet_changed.connect(self._take)

    # -- what each page says of its objects

    @abstractmethod
    def objection(self, draft: Draft[Any]) -> str | None:
        """Why what is being changed cannot be saved, beside what all objects have in common."""

    @abstractmethod
    def needs(self, item: Editable) -> str | None:
        """Why an object that the location has cannot be deleted; None if it can."""

    def completed(self, whole: W) -> W:
        """The answer, with what is known beside it."""
        return whole

    @abstractmethod
    def is_told(self, change: FleetChange) -> bool:
        """The objects of the location may be other than those that were read."""

    @property
    def new_refusal(self) -> str | None:
        """Why there can be no new object of the list in front; None if there can."""
        return self.place.hindrance

    @property
    def save_refusal(self) -> str | None:
        """Why what is being changed cannot be saved as it stands; None if it can."""
        is_other = self.theirs is not None or self.is_gone
        if self.draft is not None and self.place.hindrance is None and self.is_saving:
            return "It is being saved."
        return (
            self.place.hindrance
            or save_refusal(self.draft, is_other)
            or (self.objection(self.draft) if self.draft is not None else None)
        )

    @property
    def delete_refusal(self) -> str | None:
        """Why the chosen object cannot be deleted; None if it can."""
        draft = self.draft
        if draft is None or self.whole is None:
            return "Choose something in the list first."
        if self.is_saving and self.place.hindrance is None:
            return "It is being saved."
        if draft.base is None:
            return None
        return self.place.hindrance or self.needs(draft.base)

    # -- what a person does

    def refresh(self) -> None:
        """Asks the location again."""
        if self.is_asking:
            self._has_news = True
            return
        self.is_asking, self._has_news = True, False
        self._asked_at = self._now()
        self._bridge.ask(
            self._calls.read(self.place.location_id), self, self._show_whole, self._no_whole
        )
        self.changed.emit()

    def save(self) -> None:
        """Sends what was changed, unless there is a reason not to."""
        draft, key = self.draft, self.key
        if draft is None or key is None or self.save_refusal is not None:
            return
        self.is_saving = True
        self._forget_problem()
        item = draft.item
        asked = self._calls.add if draft.is_new else self._calls.change
        self._bridge.ask(
            asked(self.place.location_id, item),
            self,
            lambda made: self._saved(key, item, made),
            lambda error: self._failed(error, f"save {item.name}"),
        )
        self.changed.emit()

    def delete(self) -> None:
        """Removes the chosen object at the location; of a new one nothing was there."""
        draft, key = self.draft, self.key
        if draft is None or key is None or self.delete_refusal is not None:
            return
        if draft.base is None:
            self.discard()
            return
        base = draft.base
        self.is_saving = True
        self._forget_problem()
        self._bridge.ask(
            self._calls.remove(self.place.location_id, base),
            self,
            lambda _nothing: self._deleted(key),
            lambda error: self._failed(error, f"delete {base.name}"),
        )
        self.changed.emit()

    # -- answers

    def _show_whole(self, whole: W) -> None:
        self.is_asking = False
        self.whole, self.list_problem = self.completed(whole), None
        self._mark_dark()
        self._follow_drafts()
        self.follow()
        self.changed.emit()
        if self._has_news:
            self.refresh()

    def _no_whole(self, error: Exception) -> None:
        self.is_asking = False
        self.list_problem = notice(error, f"read {self._calls.what}", self.place.name)
        if self.whole is not None:
            self.whole = replace(self.whole, is_kept=True)  # nobody says that it still holds
        self.changed.emit()
        if self._has_news:
            self.refresh()

    def _follow_drafts(self) -> None:
        """What nobody changed here follows the location."""
        for key, draft in list(self.drafts.items()):
            current = self._known(key[0]).get(key[1])
            if draft.is_dirty or draft.base is None or not self._knows(key[0]):
                continue
            if current is None:
                del self.drafts[key]
            elif current.etag != draft.base.etag:
                draft.saved(current)
            else:
                draft.rebase(current)
        if self.key is not None and self.key not in self.drafts:
            self.key = None
        self.chosen_changed.emit()

    def _saved(self, key: Key, sent: Editable, made: Editable) -> None:
        self.is_saving = False
        draft = self.drafts.pop(key, None)
        if draft is None:  # it was given up meanwhile; the location has it all the same
            self.refresh()
            return
        if draft.item == sent:
            draft.saved(made)
        else:  # it was changed again meanwhile
            draft.rebase(made)
        place = (key[0], made.name)
        self.drafts[place] = draft
        if self.whole is not None:
            known = self._known(key[0]) | {made.name: made}
            self.whole = with_objects(self.whole, key[0], known)
        if self.key == key:
            self.key = place
            self.follow()
        self._show_step()
        self.refresh()

    def _deleted(self, key: Key) -> None:
        self.is_saving = False
        self.drafts.pop(key, None)
        if self.whole is not None:
            known = self._known(key[0])
            known.pop(key[1], None)
            self.whole = with_objects(self.whole, key[0], known)
        if self.key == key:
            self.key = None
        self._show_step()
        self.refresh()

    def _failed(self, error: Exception, doing: str) -> None:
        self.is_saving = False
        reason = error.reason if isinstance(error, LocationError) else ""
        if isinstance(error, LocationError) and reason == "INVALID_ARGUMENT":
            self.refused_field = error.metadata.get("field", "")
        if reason != "CHANGED_MEANWHILE":
            self.problem = notice(error, doing, self.place.name)
        is_lost = isinstance(error, LocationError) and error.trouble is Trouble.NO_ANSWER
        if reason == "CHANGED_MEANWHILE" or reason.endswith("_NOT_FOUND") or is_lost:
            self.refresh()
        self._show_step()

    # -- the fleet

    def _take(self, change: FleetChange) -> None:
        here = self.place.location_id
        is_told = self.is_told(change)
        is_back = here in change.pictures
        if here in change.connections:
            was_kept = self.whole is None or self.whole.is_kept
            is_back |= was_kept == (self.place.darkness is None)
        self._mark_dark()
        if is_told or is_back:
            self.refresh()
        elif change.locations_listed or here in change.connections:
            self.changed.emit()

    def _mark_dark(self) -> None:
        """What was read before the location went dark proves nothing any more, also while nothing
        else is known yet."""
        if self.whole is not None and self.place.darkness is not None and not self.whole.is_kept:
            self.whole = replace(self.whole, is_kept=True)
