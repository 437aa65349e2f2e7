"""What is shown of the savesets, what is missing and why there are none, in words."""

from datetime import datetime, tzinfo

from sesam_master.ui.formatting import number_text
from sesam_master.ui.results.sentences import missing_sentence, scope_text, why_dark
from sesam_master.ui.savesets.presenter import SavesetFilter, SavesetsPicture
from sesam_master.ui.widgets.empty_state import EmptyAction, EmptyContent


def count_sentence(picture: SavesetsPicture, shown: int, now: datetime, zone: tzinfo) -> str:
    """How many are shown, whether more follow, and whose are missing."""
    noun = "saveset" if shown == 1 else "savesets"
    more = ", more below" if picture.has_more else ""
    names = {p.registration.location_id: p.registration.name for p in picture.places}
    return f"{number_text(shown)} {noun}{more}." + missing_sentence(picture.gaps, names, now, zone)


def empty_content(
    chosen: SavesetFilter, picture: SavesetsPicture, now: datetime, zone: tzinfo
) -> EmptyContent:
    """What is not there, why, and the filters as buttons that remove them."""
    if not picture.places and chosen.scope is None:
        return EmptyContent("rows-3", "No locations yet", "Add a location under Remote server.")
    names = [place.registration.name for place in picture.places]
    reason = [
        f"{place.registration.name}: {why_dark(place, now, zone)}. Its savesets are not known to "
        "this desk."
        for place in picture.gaps.dark[:2]
    ]
    actions = []
    if chosen.scope is not None:
        actions.append(EmptyAction("scope", f"Remove  {scope_text(chosen.scope, names)}", "x"))
    if chosen.text:
        actions.append(EmptyAction("text", f"Remove  Text: {chosen.text}", "x"))
    if picture.gaps.failed:
        reason.append("Not every location answered. Ask again with F5.")
    elif not reason and actions:
        reason.append("No location has a saveset under this filter.")
    elif not reason:
        reason.append("A saveset appears here as soon as a backup has ended well.")
    headline = "No savesets known" if picture.gaps.dark or picture.gaps.failed else "No savesets"
    if chosen.text:
        headline += f" with “{chosen.text}”"
    return EmptyContent("rows-3", headline, "\n".join(reason), tuple(actions))
