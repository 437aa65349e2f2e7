"""What a person chose for the look of the desk, kept from one start to the next."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Settings:
    """Attributes:
    theme: "system", "light" or "dark".
    text_px: size of the body text in pixels; None: that of the system.
    geometry: where the window stood, as the window system says it; empty: not known.
    panes: how wide the panes of the window were, in the same way.
    results: columns of the results and their order, as one line of JSON; empty: not known.
    calendar: zoom, length and heads of the calendar sheet, in the same way.
    now: by what the page "Now" groups its jobs, in the same way.
    savesets: columns of the savesets and their order, in the same way.
    """

    theme: str = "system"
    text_px: float | None = None
    geometry: bytes = b""
    panes: bytes = b""
    results: str = ""
    calendar: str = ""
    now: str = ""
    savesets: str = ""


class SettingsStore(Protocol):
    """Blocking, but small enough for the start and the end of the program."""

    def load(self) -> Settings:
        """What was kept; the default for whatever is not there or cannot be used."""

    def save(self, settings: Settings) -> None:
        """Replaces what was kept, wholly or not at all. Raises KeepingError."""
