"""What a person is changing of one object of a plan, and back again step by step."""

from dataclasses import fields, replace

from sesam_master.core.plan import Event, IdleCause, Planned, Schedule, TaskGroup

MOST_STEPS = 200


def bare(item: Planned) -> Planned:
    """What a person says of an object: without what the location fills in."""
    match item:
        case Schedule():
            return replace(item, etag="", next_time=None)
        case Event():
            return replace(item, id="", etag="", next_time=None, idle_cause=IdleCause.NONE)
        case TaskGroup():
            return replace(item, etag="")


def changed_fields(one: Planned, other: Planned) -> frozenset[str]:
    """In which fields two objects of one kind differ, of those that a person says."""
    one, other = bare(one), bare(other)
    return frozenset(
        each.name for each in fields(one) if getattr(one, each.name) != getattr(other, each.name)
    )


class Draft:
    """An object as it is being changed. Changes of the same field one after the other are one step.

    Attributes:
        base: the object as the location has it; None for a new one.
    """

    def __init__(self, item: Planned, base: Planned | None) -> None:
        self.base = base
        self._steps: list[Planned] = [bare(item)]
        self._place = 0
        self._open_fields: frozenset[str] = frozenset()

    @property
    def item(self) -> Planned:
        """As it stands now, with the etag of its base."""
        return replace(self._steps[self._place], etag=self.base.etag if self.base else "")

    @property
    def is_new(self) -> bool:
        return self.base is None

    @property
    def is_dirty(self) -> bool:
        """It is other than what the location has."""
        return self.base is None or self._steps[self._place] != bare(self.base)

    @property
    def can_undo(self) -> bool:
        return self._place > 0

    @property
    def can_redo(self) -> bool:
        return self._place < len(self._steps) - 1

    def change(self, item: Planned) -> None:
        """It is this now."""
        item, now = bare(item), self._steps[self._place]
        changed = changed_fields(now, item)
        if not changed:
            return
        del self._steps[self._place + 1 :]
        if changed == self._open_fields and self._place > 0:
            self._steps[self._place] = item
        else:
            self._steps = [*self._steps, item][-MOST_STEPS:]
            self._place = len(self._steps) - 1
        self._open_fields = changed

    def undo(self) -> None:
        """One step back, if there is one."""
        self._place = max(0, self._place - 1)
        self._open_fields = frozenset()

    def redo(self) -> None:
        """The step that was taken back, if there is one."""
        self._place = min(len(self._steps) - 1, self._place + 1)
        self._open_fields = frozenset()

    def discard(self) -> None:
        """As the location has it; this too can be taken back."""
        if self.base is not None:
            self._open_fields = frozenset()
            self.change(self.base)
            self._open_fields = frozenset()

    def saved(self, item: Planned) -> None:
        """The location has it like this now. The steps before stay, so that they can be gone
        back."""
        self.rebase(item)
        self._open_fields = frozenset()
        self.change(item)  # what the location made of it
        self._open_fields = frozenset()

    def rebase(self, theirs: Planned) -> None:
        """The location has another version; what is being changed stays, and replaces it."""
        self.base = theirs
