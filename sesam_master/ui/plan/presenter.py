"""Joins the page of a location's plan with the location: lists, drafts, saving, preview."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo

from PySide6.QtCore import QObject, Signal

from sesam_master.core.calendar_source import PlanChanged
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import FleetChange
from sesam_master.core.plan import Event, Plan, Planned, Schedule
from sesam_master.core.plan_draft import Draft
from sesam_master.core.plan_source import PlanSource
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.notices import Notice, notice
from sesam_master.ui.plan.fresh import copy_of, fresh
from sesam_master.ui.plan.listing import Drafts, PlanRows, objects_of, unwritten, with_objects
from sesam_master.ui.plan.place import PlanPlace
from sesam_master.ui.plan.refusals import delete_refusal, save_refusal
from sesam_master.ui.plan.rows import NEW, Key, PlanKind, PlanRow
from sesam_master.ui.plan.starts import ComingStarts

_PAUSE = timedelta(seconds=15)  # at most so often are the coming starts asked for again
_NOT_FOUND = frozenset({"SCHEDULE_NOT_FOUND", "EVENT_NOT_FOUND", "GROUP_NOT_FOUND"})


class PlanPresenter(QObject):
    """One location, one list of it in front, and at most one object chosen.

    What is being changed is kept in `drafts`, which outlive the page. `changed`: lists or standing;
    `chosen_changed`: another object, or another version of it; `edited`: it was changed here.
    `starts` are those of the chosen schedule.
    """

    changed = Signal()
    chosen_changed = Signal()
    edited = Signal()

    def __init__(
        self,
        bridge: Bridge,
        source: PlanSource,
        location_id: str,
        drafts: Drafts,
        mine: tzinfo,
        now: Callable[[], datetime],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._source = source
        self._now = now
        self._asked_at: datetime | None = None
        self._has_news = False
        self._new = 0
        self._rows = PlanRows()
        self.place = PlanPlace(bridge.fleet, location_id, mine)
        self.starts = ComingStarts(bridge, source, location_id, self)
        self.drafts = drafts
        self.kind = PlanKind.SCHEDULES
        self.key: Key | None = None
        self.plan: Plan | None = None
        self.is_asking = False
        self.is_saving = False
        self.list_problem: Notice | None = None
        self.problem: Notice | None = None
        bridge.fleet_changed.connect(self._take)
        bridge.aged.connect(self._age)

    # -- what there is

    def rows(self) -> list[PlanRow]:
        """The list in front, with what is new and not saved yet."""
        if self.plan is None:
            return []
        return self._rows.rows(self.plan, self.kind, self.place.zones, self.drafts)

    def chosen_row(self) -> PlanRow | None:
        """That of what is being changed, once there are `rows`."""
        if self.key is None or self.draft is None or self.plan is None:
            return None
        return self._rows.drafted(self.key, self.draft)

    @property
    def today(self) -> date:
        """The date at the site."""
        return self._now().astimezone(self.place.zones.site).date()

    @property
    def draft(self) -> Draft | None:
        """Of the chosen object."""
        return self.drafts.get(self.key) if self.key is not None else None

    @property
    def theirs(self) -> Planned | None:
        """What the location has by now in place of what is being changed; None if it is that."""
        draft = self.draft
        if draft is None or draft.base is None or self.key is None or self.plan is None:
            return None
        current = self._known(self.key[0]).get(draft.base.name)
        return current if current is not None and current.etag != draft.base.etag else None

    @property
    def is_gone(self) -> bool:
        """What is being changed was deleted meanwhile."""
        draft = self.draft
        if draft is None or draft.base is None or self.key is None or self.plan is None:
            return False
        return draft.base.name not in self._known(self.key[0])

    @property
    def save_refusal(self) -> str | None:
        """Why what is being changed cannot be saved as it stands; None if it can."""
        is_other = self.theirs is not None or self.is_gone
        if self.draft is not None and self.place.hindrance is None and self.is_saving:
            return "It is being saved."
        return self.place.hindrance or save_refusal(self.draft, is_other, self.starts.problem)

    @property
    def delete_refusal(self) -> str | None:
        """Why the chosen object cannot be deleted; None if it can."""
        draft = self.draft
        if draft is None or self.plan is None:
            return "Choose something in the list first."
        if self.is_saving and self.place.hindrance is None:
            return "It is being saved."
        if draft.base is None:
            return None
        return self.place.hindrance or delete_refusal(draft.base, self.plan)

    # -- what a person does

    def refresh(self) -> None:
        """Asks the location again."""
        if self.is_asking:
            self._has_news = True
            return
        self.is_asking, self._has_news = True, False
        self._asked_at = self._now()
        self._bridge.ask(
            self._source.plan(self.place.location_id), self, self._show_plan, self._no_plan
        )
        self.changed.emit()

    def set_kind(self, kind: PlanKind) -> None:
        """Another list in front; nothing of it is chosen."""
        if kind is not self.kind:
            self.kind = kind
            self.choose(None)
            self.changed.emit()

    def choose(self, key: Key | None) -> None:
        """An object of the list in front, by its key."""
        if key == self.key and (key is None or self.draft is not None):
            return
        self._forget_unchanged()
        self.key = None
        if key is not None:
            item = self._known(key[0]).get(key[1])
            if key not in self.drafts and item is not None:
                self.drafts[key] = Draft(item, item)
            self.key = key if key in self.drafts else None
        self.problem = None
        self._follow_starts()
        self.chosen_changed.emit()

    def new(self) -> None:
        """A new object of the list in front, unless there is one in which nothing was written."""
        item = fresh(self.kind, self.plan, list(self.place.tasks), self.today)
        key = unwritten(self.drafts, self.kind, item)
        self._add(item) if key is None else self.choose(key)

    def duplicate(self) -> None:
        """A new object like the chosen one, under a name that is free."""
        draft = self.draft
        if draft is None:
            return
        self._add(copy_of(draft.item, self._known(self.kind)))

    def edit(self, item: Planned) -> None:
        """The chosen object is this now."""
        draft = self.draft
        if draft is None:
            return
        draft.change(item)
        self.problem = None  # it was of what stood there before
        self._follow_starts(at_once=False)
        self.edited.emit()

    def undo(self) -> None:
        """One step back."""
        self._step(Draft.undo)

    def redo(self) -> None:
        """The step that was taken back."""
        self._step(Draft.redo)

    def discard(self) -> None:
        """As the location has it; of a new object nothing is left."""
        draft = self.draft
        if draft is None or self.key is None:
            return
        if draft.base is None or self.is_gone:
            del self.drafts[self.key]
            self.choose(None)
            self.changed.emit()
        elif self.theirs is not None:
            self.take_theirs()
        else:
            self._step(Draft.discard)

    def take_theirs(self) -> None:
        """What the location has by now; what was changed here can be taken back step by step."""
        draft, theirs = self.draft, self.theirs
        if draft is not None and theirs is not None:
            draft.saved(theirs)
            self._show_step()

    def keep_mine(self) -> None:
        """What was changed here stays and replaces, once it is saved, what the location has; what
        was deleted there is made again."""
        draft = self.draft
        if draft is not None and (self.theirs is not None or self.is_gone):
            draft.base = self.theirs
            self._show_step()

    def save(self) -> None:
        """Sends what was changed, unless there is a reason not to."""
        draft, key = self.draft, self.key
        if draft is None or key is None or self.save_refusal is not None:
            return
        self.is_saving, self.problem = True, None
        item = draft.item
        asked = self._source.add_to_plan if draft.is_new else self._source.change_plan
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
        self.is_saving, self.problem = True, None
        self._bridge.ask(
            self._source.remove_from_plan(self.place.location_id, base),
            self,
            lambda _nothing: self._deleted(key),
            lambda error: self._failed(error, f"delete {base.name}"),
        )
        self.changed.emit()

    # -- answers

    def _show_plan(self, plan: Plan) -> None:
        self.is_asking = False
        self.plan, self.list_problem = plan, None
        self._follow_drafts()
        self._follow_starts()
        self.changed.emit()
        if self._has_news:
            self.refresh()

    def _no_plan(self, error: Exception) -> None:
        self.is_asking = False
        self.list_problem = notice(error, "read the plan", self.place.name)
        if self.plan is not None:
            self.plan = replace(self.plan, is_kept=True)  # nobody says that it still holds
        self.changed.emit()
        if self._has_news:
            self.refresh()

    def _follow_drafts(self) -> None:
        """What nobody changed here follows the location."""
        for key, draft in list(self.drafts.items()):
            current = self._known(key[0]).get(key[1])
            if draft.is_dirty or draft.base is None:
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

    def _saved(self, key: Key, sent: Planned, made: Planned) -> None:
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
        if self.plan is not None:
            known = self._known(key[0]) | {made.name: made}
            self.plan = with_objects(self.plan, key[0], known)
        if self.key == key:
            self.key = place
            self._follow_starts()
        self._show_step()
        self.refresh()

    def _deleted(self, key: Key) -> None:
        self.is_saving = False
        self.drafts.pop(key, None)
        if self.plan is not None:
            known = self._known(key[0])
            known.pop(key[1], None)
            self.plan = with_objects(self.plan, key[0], known)
        if self.key == key:
            self.key = None
        self._show_step()
        self.refresh()

    def _failed(self, error: Exception, doing: str) -> None:
        self.is_saving = False
        reason = error.reason if isinstance(error, LocationError) else ""
        if reason != "CHANGED_MEANWHILE":
            self.problem = notice(error, doing, self.place.name)
        is_lost = isinstance(error, LocationError) and error.trouble is Trouble.NO_ANSWER
        if reason == "CHANGED_MEANWHILE" or reason in _NOT_FOUND or is_lost:
            self.refresh()
        self._show_step()

    # -- inside

    def _add(self, item: Planned) -> None:
        self._new += 1
        while (key := (self.kind, f"{NEW}{self._new}")) in self.drafts:
            self._new += 1
        self.drafts[key] = Draft(item, None)
        self.choose(key)
        self.changed.emit()

    def _step(self, act: Callable[[Draft], None]) -> None:
        if self.draft is not None:
            act(self.draft)
            self.problem = None
            self._show_step()

    def _show_step(self) -> None:
        self._follow_starts()
        self.chosen_changed.emit()
        self.changed.emit()

    def _forget_unchanged(self) -> None:
        """A draft that nobody changed is nothing to keep."""
        draft = self.draft
        if self.key is not None and draft is not None and not draft.is_dirty:
            del self.drafts[self.key]

    def _known(self, kind: PlanKind) -> dict[str, Planned]:
        return objects_of(self.plan, kind) if self.plan is not None else {}

    def _follow_starts(self, *, at_once: bool = True) -> None:
        item = self.draft.item if self.draft is not None else None
        wanted = item if isinstance(item, Schedule) else None
        if isinstance(item, Event):
            found = self._known(PlanKind.SCHEDULES).get(item.schedule)
            wanted = found if isinstance(found, Schedule) else None
        self.starts.want(wanted if self.place.darkness is None else None, at_once=at_once)

    # -- the fleet

    def _take(self, change: FleetChange) -> None:
        here = self.place.location_id
        is_told = any(isinstance(e, PlanChanged) and e.location_id == here for e in change.calendar)
        is_back = here in change.pictures
        if here in change.connections:
            was_kept = self.plan is None or self.plan.is_kept
            is_back |= was_kept == (self.place.darkness is None)
        if is_told or is_back:
            self.refresh()
        elif change.locations_listed or here in change.connections:
            self.changed.emit()

    def _age(self) -> None:
        """A start has passed: the one after it is asked for."""
        if self.plan is None or self.is_asking or self.place.darkness is not None:
            return
        now = self._now()
        rested = self._asked_at is None or now - self._asked_at > _PAUSE
        if rested and any(one.next_time and one.next_time < now for one in self.plan.schedules):
            self.refresh()
