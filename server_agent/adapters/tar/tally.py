"""What a restore counts while it runs."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """What a restore has done so far.

    Attributes:
        files, size: of the entries that are no directories: those that are done, and their bytes.
        begun: bytes that surely are done of the entry at hand.
        failed: entries that could not be restored.
        bare: entries that lack owner, mode, times or attributes, and what was said of the first.
        entries: that tar has begun, directories too.
        unknown: what tar has said in words that nobody understands.
    """

    files: int = 0
    size: int = 0
    begun: int = 0
    failed: int = 0
    bare: int = 0
    first_bare: str = ""
    entries: int = 0
    current: bytes = b""
    unknown: list[str] = field(default_factory=list)

    @property
    def bare_text(self) -> str:
        """What is said of them."""
        return (
            f"{self.bare} of {self.entries} entries came back without all of owner, mode, times and"
            f" attributes, first {self.first_bare}"
        )
