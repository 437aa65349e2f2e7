"""A file on the client that has one more exclude of a task on each line."""

from server_agent.adapters.tar.asking import Question
from server_agent.adapters.tar.client import Client
from server_agent.domain.errors import InvalidArgument
from server_agent.domain.quoting import printable, quoted
from server_agent.domain.task_options import ExcludeKind
from server_agent.domain.topology import checked_excludes
from server_agent.ports import Control, EngineError

LARGEST_BYTES = 1 << 20
_COMMENT = "#"
_REASON = ": "
_SHOWN = 100  # characters of a line


def read(client: Client, path: bytes, kind: ExcludeKind, control: Control) -> tuple[str, ...]:
    """Its lines, but for blank ones and those that begin with "#".

    Raises:
        EngineError: EXCLUDE_FILE: it is not there, cannot be read, or has something else in it.
        Cancelled: the control said so.
    """
    # find says what it is before its beginning is read: a pipe would never end.
    look = [b"find", b"-L", path, b"-maxdepth", b"0", b"(", b"-type", b"f", b"-printf", rb"f\0"]
    show = [b"-exec", b"head", b"-c", b"%d" % (LARGEST_BYTES + 1), b"{}", b";"]
    question = Question(client, [*look, *show, b"-o", b"-printf", rb"%y\0", b")"], control)
    what, _, text = b"\0".join(question.records()).partition(b"\0")
    if question.complaint or question.status or not what:
        said = printable(question.complaint.strip()).rpartition(_REASON)[2]
        raise _unusable(path, f"cannot be read: {said or 'the client does not say why'}")
    if what != b"f":
        raise _unusable(path, "is no file")
    if len(text) > LARGEST_BYTES:
        raise _unusable(path, f"has more than {LARGEST_BYTES} bytes")
    if b"\0" in text:
        raise _unusable(path, "is no text")
    return _excludes(path, text.decode("utf-8", "surrogateescape"), kind)


def _excludes(path: bytes, text: str, kind: ExcludeKind) -> tuple[str, ...]:
    found: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        exclude = line.removesuffix("\r")
        if not exclude.strip() or exclude.startswith(_COMMENT):
            continue
        try:
            checked_excludes((exclude,), kind)
        except InvalidArgument as error:
            expected = error.metadata["expected"]
            what = f"has {quoted(exclude[:_SHOWN])} in line {number}, which is not {expected}"
            raise _unusable(path, what) from error
        found.append(exclude)
    return tuple(found)


def _unusable(path: bytes, what: str) -> EngineError:
    return EngineError(
        "EXCLUDE_FILE",
        f"the exclude file {quoted(path)} {what}. Nothing was saved: mend the file, or take it out"
        " of the task",
    )
