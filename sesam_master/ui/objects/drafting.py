"""What a person chooses and changes in the lists of one location, before any of it is sent."""

from abc import abstractmethod
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Generic

from PySide6.QtCore import QObject, Signal

from sesam_master.core.draft import Draft, Editable, bare
from sesam_master.ui.notices import Notice
from sesam_master.ui.objects.kinds import NEW, Drafts, Key, ObjectKind
from sesam_master.ui.objects.listing import ObjectRows, Row, W, objects_of, unwritten
from sesam_master.ui.objects.place import Place


class Drafting(QObject, Generic[W, Row]):
    """One location, one list of it in front, and at most one object chosen.

    What is being changed is kept in `drafts`, which outlive the page. `changed`: lists or standing;
    `chosen_changed`: another object, or another version of it; `edited`: it was changed here.

    Attributes:
        kind: of the list in front; a page says with which it begins.
        problem: why the last thing that was sent was not done, and the field that was refused, by
            its name on the wire.
    """

    kind: ObjectKind

    changed = Signal()
    chosen_changed = Signal()
    edited = Signal()

    def __init__(
        self,
        rows: ObjectRows[W, Row],
        place: Place,
        drafts: Drafts,
        now: Callable[[], datetime],
        parent: QObject | None,
    ) -> None:
        super().__init__(parent)
        self._rows = rows
        self._now = now
        self._new = 0
        self.place = place
        self.drafts = drafts
        self.key: Key | None = None
        self.whole: W | None = None
        self.problem: Notice | None = None
        self.refused_field = ""

    # -- what each page says of its objects

    @abstractmethod
    def fresh(self) -> Editable:
        """What a new object of the list in front begins with."""

    def copy_of(self, item: Editable, taken: Collection[str]) -> Editable:
        """The same under a name that is free."""
        name, number = f"{item.name} copy", 2
        while name in taken:
            name, number = f"{item.name} copy {number}", number + 1
        return replace(bare(item), name=name)

    def follow(self, *, at_once: bool = True) -> None:
        """Something else was chosen or written; if not `at_once`, a person is writing."""

    # -- what there is

    def rows(self) -> list[Row]:
        """The list in front, with what is new and not saved yet."""
        if self.whole is None:
            return []
        return self._rows.rows(self.whole, self.kind, self.place.zones, self.drafts)

    def chosen_row(self) -> Row | None:
        """That of what is being changed, once there are `rows`."""
        if self.key is None or self.draft is None or self.whole is None:
            return None
        return self._rows.drafted(self.key, self.draft)

    @property
    def today(self) -> date:
        """The date at the site."""
        return self._now().astimezone(self.place.zones.site).date()

    @property
    def draft(self) -> Draft[Any] | None:
        """Of the chosen object."""
        return self.drafts.get(self.key) if self.key is not None else None

    @property
    def theirs(self) -> Editable | None:
        """What the location has by now in place of what is being changed; None if it is that."""
        draft = self.draft
        if draft is None or draft.base is None or self.key is None or self.whole is None:
            return None
        current = self._known(self.key[0]).get(draft.base.name)
        return current if current is not None and current.etag != draft.base.etag else None

    @property
    def is_gone(self) -> bool:
        """What is being changed was deleted meanwhile."""
        draft = self.draft
        if draft is None or draft.base is None or self.key is None or self.whole is None:
            return False
        known = self._known(self.key[0])
        return self._knows(self.key[0]) and draft.base.name not in known

    # -- what a person does

    def set_kind(self, kind: ObjectKind) -> None:
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
        self._forget_problem()
        self.follow()
        self.chosen_changed.emit()

    def new(self) -> None:
        """A new object of the list in front, unless there is one in which nothing was written."""
        item = self.fresh()
        key = unwritten(self.drafts, self.kind, item)
        self._add(item) if key is None else self.choose(key)

    def duplicate(self) -> None:
        """A new object like the chosen one, under a name that is free."""
        draft = self.draft
        if draft is None:
            return
        self._add(self.copy_of(draft.item, self._known(self.kind)))

    def edit(self, item: Editable) -> None:
        """The chosen object is this now."""
        draft = self.draft
        if draft is None:
            return
        draft.change(item)
        self._forget_problem()  # it was of what stood there before
        self.follow(at_once=False)
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

    # -- inside

    def _forget_problem(self) -> None:
        self.problem, self.refused_field = None, ""

    def _add(self, item: Editable) -> None:
        self._new += 1
        while (key := (self.kind, f"{NEW}{self._new}")) in self.drafts:
            self._new += 1
        self.drafts[key] = Draft(item, None)
        self.choose(key)
        self.changed.emit()

    def _step(self, act: Callable[[Draft[Any]], None]) -> None:
        if self.draft is not None:
            act(self.draft)
            self._forget_problem()
            self._show_step()

    def _show_step(self) -> None:
        self.follow()
        self.chosen_changed.emit()
        self.changed.emit()

    def _forget_unchanged(self) -> None:
        """A draft that nobody changed is nothing to keep."""
        draft = self.draft
        if self.key is not None and draft is not None and not draft.is_dirty:
            del self.drafts[self.key]

    def _known(self, kind: ObjectKind) -> dict[str, Editable]:
        return objects_of(self.whole, kind) if self.whole is not None else {}

    def _knows(self, kind: ObjectKind) -> bool:
        return self.whole is not None and getattr(self.whole, kind.field) is not None
