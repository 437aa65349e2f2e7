"""Why something cannot be saved as it stands, in sentences. Pure text."""

from sesam_master.core.draft import Draft, Editable


def save_refusal(draft: Draft[Editable] | None, is_other: bool) -> str | None:
    """None if the draft can be sent. `is_other`: the location has another version by now."""
    if draft is None:
        return "Choose something in the list first."
    if not draft.is_dirty:
        return "Nothing was changed."
    if is_other:
        return "It was changed meanwhile: choose a version first."
    if not draft.item.name.strip():
        return "It has no name yet."
    return None
