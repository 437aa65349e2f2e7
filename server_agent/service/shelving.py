"""Has the listings of savesets put on their media, where they are not."""

from server_agent.ports import Control, Engine, SavesetQuery
from server_agent.service.chains import ref
from server_agent.service.changes import Changes
from server_agent.service.fates import protected_labels
from server_agent.service.places import places

_AT_ONCE = 256


def shelve(changes: Changes, engine: Engine, control: Control) -> int:
    """Returns of how many savesets that was done. Raises Cancelled."""
    count = 0
    position: str | None = ""
    while position is not None:
        with changes.read() as view:
            page = view.savesets(SavesetQuery(order="name"), position or None, _AT_ONCE)
            lying = places(view, page.items)
            protected = protected_labels(view)
        position = page.next_position
        wanted = [ref(each) for each in lying if each.label not in protected]
        count += engine.shelve(wanted, control)
    return count
