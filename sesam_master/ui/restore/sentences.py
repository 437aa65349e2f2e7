"""What is said of a search and of a moment."""

from datetime import datetime, tzinfo

from sesam_master.core.finding import Unindexed
from sesam_master.core.records import Saveset
from sesam_master.ui.formatting import far_moment_text, moment_text, number_text
from sesam_master.ui.results.facts import TYPE_WORDS


def unindexed_sentence(found: Unindexed) -> str:
    """What was not looked through; empty when all was."""
    if not found.total:
        return ""
    noun = "saveset is" if found.total == 1 else "savesets are"
    cause = found.cause.rstrip(".")
    why = f" The oldest, {found.saveset}: {cause}." if cause else ""
    return (
        f"{number_text(found.total)} {noun} not looked through; what only they hold is missing "
        f"here.{why}"
    )


def moment_words(saveset: Saveset, zone: tzinfo, now: datetime) -> str:
    """Full of Sun 15 Nov 02:10."""
    kind = TYPE_WORDS[saveset.type] if saveset.type else "Saveset"
    return f"{kind} of {far_moment_text(saveset.start_time, zone, now.astimezone(zone).year)}"


def two_clocks(moment: datetime, site: tzinfo, mine: tzinfo) -> str:
    """The site's time with its zone, and mine beside it where that is another."""
    there, here = moment.astimezone(site), moment.astimezone(mine)
    text = f"{moment_text(moment, site)} {there:%Z}"
    if there.utcoffset() == here.utcoffset():
        return text
    return f"{text}, here {moment_text(moment, mine)} {here:%Z}"
