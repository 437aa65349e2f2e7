"""Which files a restore cannot have, since the frame in which they lie is damaged, and how the
others come."""

from collections.abc import Generator, Mapping

from server_agent.adapters.tar.ruling import Lines
from server_agent.adapters.tar.selection import Selection
from server_agent.adapters.tar.stream import DamagedFrame
from server_agent.domain.jobs import Level
from server_agent.domain.quoting import quoted
from server_agent.ports import EngineError, Message

_CODE = "LIES_IN_DAMAGE"


def told(
    selection: Selection, homes: Mapping[int, str], error: EngineError
) -> Generator[Message, None, EngineError]:
    """Names them, the first few thousand, if it is a frame that has ended the restore.

    Args:
        homes: the savesets out of which it was to read, by their ids in the listing.
        error: what has ended it.

    Returns:
        That, with what can be done about it.
    """
    cause = error.__cause__
    if not isinstance(cause, DamagedFrame) or cause.place is None:
        return error
    lines, first = Lines(), b""
    for home in (home for home, name in homes.items() if name == error.saveset):
        for path in selection.lying_in(home, *cause.place):
            first = first or path
            text = f"{quoted(path)} lies in what is damaged of {error.saveset}"
            for line in lines.line(_CODE, text, path):
                yield Message(Level.WARNING, line.code, line.text, line.path)
    yield from lines.rest()
    count = lines.counts[_CODE]
    if not count:
        return error
    lie = "1 file lies" if count == 1 else f"{count} files lie"
    text = (
        f"{error.text}. {lie} in what is damaged, first {quoted(first)}: the protocol names them."
        " What else is whole comes back if you choose its paths without these"
    )
    return EngineError(error.code, text, error.saveset)
