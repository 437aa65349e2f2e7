"""How much of the fleet stands behind a number: no sum is shown without it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Coverage:
    """`covered` of `total` locations in scope have proved what is shown.

    The total counts all locations in scope, those that are off too; `off` says how many of the
    missing ones a person switched off. Ages are seconds since the newest and the oldest proof that
    is part of the picture, None when there was none.
    Raises ValueError when the counts contradict each other.
    """

    covered: int
    total: int
    newest_age: float | None = None
    oldest_age: float | None = None
    off: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.covered <= self.total:
            raise ValueError(f"{self.covered} of {self.total} locations cannot be covered.")
        if not 0 <= self.off <= self.missing:
            raise ValueError(f"{self.off} of {self.missing} missing locations cannot be off.")

    @property
    def is_complete(self) -> bool:
        """Nothing is missing."""
        return self.covered == self.total

    @property
    def missing(self) -> int:
        """Locations in scope that stand behind nothing."""
        return self.total - self.covered
