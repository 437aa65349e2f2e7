"""What a person is changing of one object of a location, and back again step by step."""

from collections.abc import Mapping
from dataclasses import Field, fields, replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar

MOST_STEPS = 200
TOLD: Mapping[str, Any] = {"told": True}  # metadata of a field that the location fills in


class Editable(Protocol):
    """A frozen dataclass. What the location fills in has TOLD and a default; its etag is that."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def name(self) -> str: ...

    @property
    def etag(self) -> str: ...


AnyEditable = TypeVar("AnyEditable", bound=Editable)


def bare(item: AnyEditable) -> AnyEditable:
    """What a person says of an object: without what the location fills in."""
    told = {each.name: each.default for each in fields(item) if each.metadata.get("told")}
    return replace(item, **told)


def changed_fields(one: Editable, other: Editable) -> frozenset[str]:
    """In which fields two objects of one kind differ, of those that a person says."""
    one, other = bare(one), bare(other)
    return frozenset(
        each.name for each in fields(one) if getattr(one, each.name) != getattr(other, each.name)
    )


class Draft(Generic[AnyEditable]):
    """An object as it is being changed. Changes of the same field one after the other are one step.

    Attributes:
        base: the object as the location has it; None for a new one.
    """

    def __init__(self, item: AnyEditable, base: AnyEditable | None) -> None:
        self.base = base
        self._steps: list[AnyEditable] = [bare(item)]
        self._place = 0
        self._open_fields: frozenset[str] = frozenset()

    @property
    def item(self) -> AnyEditable:
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

    def change(self, item: AnyEditable) -> None:
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

    def saved(self, item: AnyEditable) -> None:
        """The location has it like this now. The steps before stay, so that they can be gone
        back."""
        self.rebase(item)
        self._open_fields = frozenset()
        self.change(item)  # what the location made of it
        self._open_fields = frozenset()

    def rebase(self, theirs: AnyEditable) -> None:
        """The location has another version; what is being changed stays, and replaces it."""
        self.base = theirs
