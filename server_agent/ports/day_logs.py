"""The logs of sesam days."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Protocol


class DayLogs(Protocol):
    """Two texts for each sesam day: the state log with a line per job, and the day log with a line
    for each thing that happened. For people and scripts; nothing else is made from them."""

    def begin(self, day: date) -> None:
        """What the agent logs from now on belongs to that day."""

    def is_closed(self, day: date) -> bool:
        """Whether both were written for good."""

    def carry_on(self, day: date, states: Sequence[str], happened: Sequence[str]) -> None:
        """Writes what there is of a day that goes on: what its logs have already stays where it is,
        and the rest is put behind it. Where they have something else they are written anew. Does
        nothing to a day that is closed. After a crash less may be there.

        Raises:
            DayLogError: they cannot be written.
        """

    def close(
        self, day: date, states: Iterable[str], happened: Iterable[str], *, for_good: bool
    ) -> None:
        """Writes both, in place of what there is of the day. Each of them is whole or as it was,
        whatever happens meanwhile; afterwards they outlive the machine.

        Args:
            for_good: whether nothing of the day is open any more, so that they stay as they are.

        Raises:
            DayLogError: they cannot be written.
        """

    def forget(self, before: date) -> None:
        """Removes those of earlier days. Raises DayLogError."""


class DayLogError(Exception):
    """Logs of days cannot be written or removed; the text is for people and names the file."""
