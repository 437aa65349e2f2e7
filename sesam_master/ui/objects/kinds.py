"""What lists of objects have in common: kinds, keys and rows."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from sesam_master.core.draft import Draft, Editable

NEW = "\0"  # begins the key of what the location does not have yet


class ObjectKind(StrEnum):
    """What a list is of; the value is what it is called. `noun` is one of them, `field` the whole's
    field with all of them."""

    noun: str
    field: str

    def __new__(cls, title: str, noun: str, field: str) -> "ObjectKind":
        made = str.__new__(cls, title)
        made._value_ = title
        made.noun = noun
        made.field = field
        return made


Key = tuple[ObjectKind, str]
Drafts = dict[Key, Draft[Any]]


class Whole(Protocol):
    """All objects of a location that a page is about; a frozen dataclass. `is_kept`: the location
    was not reached, and this is what the desk knew at `as_of`."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def as_of(self) -> datetime: ...

    @property
    def is_kept(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class ObjectRow(ABC):
    """One object in texts. `mark` says what is not saved."""

    key: Key
    item: Editable
    mark: str
    is_stale: bool

    @property
    def name(self) -> str:
        """With what is not saved of it."""
        name = self.item.name or f"New {self.key[0].noun}"
        return f"{name} · {self.mark}" if self.mark else name

    @property
    @abstractmethod
    def searched(self) -> str:
        """What the filter looks into."""
