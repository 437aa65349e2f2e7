"""The facts of a saveset as label and value, for its drawer."""

from datetime import date, tzinfo

from sesam_master.core.records import SavesetCopy
from sesam_master.core.states import CODES, WORDS
from sesam_master.ui.formatting import (
    MISSING,
    UNKNOWN,
    day_text,
    duration_text,
    full_moment_text,
    number_text,
    size_text,
)
from sesam_master.ui.results.facts import TYPE_WORDS
from sesam_master.ui.results.rows import sesam_date
from sesam_master.ui.savesets.rows import NEVER, SavesetRow, eol_text, remark_text

SHOWN_SOURCES = 4


def saveset_facts(row: SavesetRow, zone: tzinfo) -> list[tuple[str, str]]:
    """Label and value, in the order of the drawer."""
    saveset = row.saveset
    verified, proved = saveset.verify_time, saveset.proof_time
    return [
        ("Result", f"{CODES[saveset.state]}  {WORDS[saveset.state].lower()}"),
        ("Message", remark_text(saveset) or MISSING),
        ("Type", TYPE_WORDS[saveset.type] if saveset.type else UNKNOWN),
        ("Sources", _sources(saveset.sources)),
        ("Files in its own data", number_text(saveset.files)),
        ("Files in the listing", number_text(saveset.listed_files)),
        ("Read", size_text(saveset.size_bytes)),
        ("Stored", size_text(saveset.stored_bytes)),
        ("A restore brings back", size_text(saveset.listed_bytes)),
        ("Saveset", saveset.name),
        ("Base", saveset.base or MISSING),
        ("Start", full_moment_text(saveset.start_time, zone)),
        ("End", full_moment_text(saveset.end_time, zone)),
        ("Duration", duration_text(row.duration_seconds)),
        ("EOL", eol_text(saveset.eol, row.today)),
        ("Pool, label", f"{saveset.pool or MISSING}, {saveset.label or MISSING}"),
        ("Verified", full_moment_text(verified, zone) if verified else NEVER),
        ("Restore proved", full_moment_text(proved, zone) if proved else NEVER),
        ("Copies", copies_text(saveset.copies, row.today)),
        ("Encrypted", "yes" if saveset.is_encrypted else "no"),
        ("Job", saveset.job_id or MISSING),
    ]


def saveset_sentence(row: SavesetRow) -> str:
    """Location, client, type and sesam day, beside the task's name."""
    saveset = row.saveset
    kind = TYPE_WORDS[saveset.type] if saveset.type else ""
    day = f"sesam day {day_text(sesam_date(saveset.sesam_day))}"
    return ", ".join(part for part in (row.location, saveset.client, kind, day) if part)


def copies_text(copies: tuple[SavesetCopy, ...], today: date) -> str:
    """The other media that it lies on: WEEK00001 (EOL 31 Jan, 69 d)."""
    named = [
        f"{copy.label} ({copy.damage or 'EOL ' + eol_text(copy.eol, today)})" for copy in copies
    ]
    return ", ".join(named) or "none"


def _sources(sources: tuple[bytes, ...]) -> str:
    named = ", ".join(path.decode(errors="backslashreplace") for path in sources[:SHOWN_SOURCES])
    rest = len(sources) - SHOWN_SOURCES
    return (named or "none, commands only") + (f" and {rest} more" if rest > 0 else "")
