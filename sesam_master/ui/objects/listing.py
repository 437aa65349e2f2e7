"""The lists of a page, made anew only as far as something changed."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Generic, TypeVar

from sesam_master.core.draft import Draft, Editable, bare
from sesam_master.ui.objects.kinds import NEW, Drafts, Key, ObjectKind, ObjectRow, Whole
from sesam_master.ui.objects.place import Zones

W = TypeVar("W", bound=Whole)
Row = TypeVar("Row", bound=ObjectRow)


def objects_of(whole: Whole, kind: ObjectKind) -> dict[str, Editable]:
    """The objects of one kind by name; none of a kind of which nothing is known."""
    return {item.name: item for item in getattr(whole, kind.field) or ()}


def with_objects(whole: W, kind: ObjectKind, known: Mapping[str, Editable]) -> W:
    """The whole with these objects of one kind."""
    in_order = tuple(known[name] for name in sorted(known))
    return replace(whole, **{kind.field: in_order})


def unwritten(drafts: Drafts, kind: ObjectKind, fresh: Editable) -> Key | None:
    """The new object of that kind in which nothing was written yet; None without one."""
    new = (key for key, draft in drafts.items() if key[0] is kind and draft.is_new)
    return next((key for key in new if drafts[key].item == bare(fresh)), None)


class ObjectRows(ABC, Generic[W, Row]):
    """Two thousand rows are not made at every key that is pressed."""

    def __init__(self) -> None:
        self._whole: W | None = None
        self._zones: Zones | None = None
        self._kept: dict[ObjectKind, dict[Key, Row]] = {}

    @abstractmethod
    def begin(self, whole: W) -> None:
        """Another whole: what rows need of all of it can be counted once."""

    @abstractmethod
    def row(self, key: Key, item: Editable, mark: str, whole: W, zones: Zones) -> Row:
        """The row of an object as the location has it, or of a new one."""

    def rows(self, whole: W, kind: ObjectKind, zones: Zones, drafts: Drafts) -> list[Row]:
        """Those of the location, then those that are not saved yet."""
        if whole is not self._whole or zones != self._zones:
            self._whole, self._zones, self._kept = whole, zones, {}
            self.begin(whole)
        if kind not in self._kept:
            known = objects_of(whole, kind)
            self._kept[kind] = {
                (kind, name): self.row((kind, name), item, "", whole, zones)
                for name, item in known.items()
            }
        rows = dict(self._kept[kind])
        for key, draft in drafts.items():
            row = self.drafted(key, draft) if key[0] is kind else None
            if row is not None:
                rows[key] = row
        return list(rows.values())

    def drafted(self, key: Key, draft: Draft[Editable]) -> Row | None:
        """The row of what is being changed, in the whole of the last call of `rows`; None for what
        the location does not have any more."""
        if key[1].startswith(NEW):
            assert self._whole is not None
            assert self._zones is not None
            return self.row(key, draft.item, "new", self._whole, self._zones)
        row = self._kept.get(key[0], {}).get(key)
        return replace(row, mark="edited" if draft.is_dirty else "") if row is not None else None
