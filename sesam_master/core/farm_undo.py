"""Takes a change of the farms back, as far as nothing else has touched what it changed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from sesam_master.core.farm_edits import checked
from sesam_master.core.farms import FarmError, Farms

Kind = TypeVar("Kind")
MOST_STEPS = 100


@dataclass(frozen=True, slots=True)
class Step:
    """`doing` as in "Undo: move Perth"."""

    doing: str
    before: Farms
    after: Farms


class History:
    """What a person did to the farms at this desk, since it was opened."""

    def __init__(self) -> None:
        self._done: list[Step] = []
        self._undone: list[Step] = []

    @property
    def to_undo(self) -> Step | None:
        return self._done[-1] if self._done else None

    @property
    def to_redo(self) -> Step | None:
        return self._undone[-1] if self._undone else None

    def add(self, step: Step) -> None:
        """A new step; what was undone before cannot be done again."""
        if step.before != step.after:
            self._done = [*self._done, step][-MOST_STEPS:]
            self._undone = []

    def undone(self, step: Step) -> None:
        """The newest step was taken back."""
        if self._done and self._done[-1] is step:
            self._undone.append(self._done.pop())

    def redone(self, step: Step) -> None:
        """The step that was taken back last was done again."""
        if self._undone and self._undone[-1] is step:
            self._done.append(self._undone.pop())


def changed_back(now: Farms, before: Farms, after: Farms) -> Farms:
    """The farms as they are now, without what changed between the two. Raises FarmError if some of
    that was changed again since."""
    root = now.root
    if before.root != after.root:
        if now.root != after.root:
            raise _changed()
        root = before.root
    return checked(
        replace(
            now,
            root=root,
            farms=_back(now.farms, before.farms, after.farms),
            places=_back(now.places, before.places, after.places),
        )
    )


def _back(
    now: Mapping[str, Kind], before: Mapping[str, Kind], after: Mapping[str, Kind]
) -> dict[str, Kind]:
    result = dict(now)
    for key in {**before, **after}:
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if now.get(key) != new:
            raise _changed()
        if old is None:
            del result[key]
        else:
            result[key] = old
    return result


def _changed() -> FarmError:
    return FarmError("It was changed again since, so that it cannot be taken back.")
