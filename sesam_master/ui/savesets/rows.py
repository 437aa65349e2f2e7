"""What one row of the savesets says: a saveset as it is known of its location."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sesam_master.core.records import Saveset
from sesam_master.core.states import Connection
from sesam_master.ui.formatting import MISSING, UNIT_SPACE, day_text, number_text, size_text
from sesam_master.ui.results.facts import TYPE_WORDS
from sesam_master.ui.results.rows import sesam_date

NO_EOL = "no end"
NEVER = "never"
NAMED = 3


@dataclass(frozen=True, slots=True)
class SavesetRow:
    """`today` is the sesam day that is open at its location, as far as this desk knows."""

    saveset: Saveset
    location: str
    connection: Connection
    today: date

    @property
    def is_live(self) -> bool:
        """The location proves itself now."""
        return self.connection is Connection.ON

    @property
    def duration_seconds(self) -> float:
        return (self.saveset.end_time - self.saveset.start_time).total_seconds()


def eol_text(eol: str, today: date) -> str:
    """The day and how far it is: Fri 4 Dec, 12 d."""
    day = sesam_date(eol)
    if day is None:
        return NO_EOL
    shown = day_text(day)
    if day.year != today.year:
        shown = f"{shown.partition(' ')[2]} {day.year}"
    return f"{shown}, {rest_text(day, today)}"


def rest_text(day: date, today: date) -> str:
    """How long something is kept yet: 12 d, today, passed."""
    days = (day - today).days
    if days < 0:
        return "passed"
    return f"{days}{UNIT_SPACE}d" if days else "today"


def remark_text(saveset: Saveset) -> str:
    """Why it cannot be restored whole, or what was not saved whole."""
    if saveset.damage:
        return saveset.damage
    if not saveset.skipped:
        return ""
    files = "1 file was" if saveset.skipped == 1 else f"{saveset.skipped} files were"
    return f"{files} not saved whole"


def short_name(saveset: Saveset) -> str:
    """What people call it: home, full of Sun 22 Nov."""
    kind = TYPE_WORDS[saveset.type].lower() if saveset.type else "saveset"
    day = sesam_date(saveset.sesam_day)
    return f"{saveset.task}, {kind} of {day_text(day) if day else MISSING}"


def listed_names(savesets: Sequence[Saveset]) -> str:
    """The first by what people call them, those that are called the same together; the others are
    counted."""
    words = Counter(map(short_name, savesets))
    shown = dict(list(words.items())[:NAMED])
    named = "; ".join(f"{n} × {name}" if n > 1 else name for name, n in shown.items())
    rest = len(savesets) - sum(shown.values())
    return named + (f" and {rest} more" if rest else "")


def sizes_text(savesets: int, size_bytes: int) -> str:
    """14 savesets, 1.2 TB."""
    return f"{counted(savesets, 'saveset')}, {size_text(size_bytes)}"


def counted(count: int, noun: str, nouns: str = "") -> str:
    """1 saveset, 4 207 savesets."""
    return f"{number_text(count)} {noun if count == 1 else nouns or f'{noun}s'}"
