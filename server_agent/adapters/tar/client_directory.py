"""One directory of a client as it is now: one find, one round trip."""

from collections.abc import Iterator, Sequence

from server_agent.adapters.tar import complaints
from server_agent.adapters.tar.asking import Question
from server_agent.adapters.tar.client import Client
from server_agent.adapters.tar.names import split
from server_agent.domain.quoting import printable, quoted
from server_agent.ports import Control, EntryKind
from server_agent.ports.client_files import (
    MOST_ENTRIES,
    ClientDirectory,
    ClientEntry,
    NoDirectory,
)

_FORMAT = rb"%d\0%f\0%y\0%D\0%s\0%T@\0%m\0%l\0"
_FIELDS = 9  # with the letter that says whether it can be read
_MAY = b"r\\0"
_MAY_NOT = b"-\\0"
_SECOND = 1_000_000_000  # in nanoseconds
_REASON = ": "


def read(client: Client, directory: bytes, control: Control) -> ClientDirectory:
    """What lies in it, directories first and then by name.

    Raises:
        NoDirectory: it is none, or cannot be read.
        EngineError, OSError: as `Client.start`.
        Cancelled: the control said so.
    """
    fields: list[bytes] = []
    found: list[ClientEntry] = []
    device = b""
    # A link is not followed: a backup does not either.
    readable = [b"-type", b"d", b"-readable", b"-executable", b"-o"]
    readable += [b"!", b"-type", b"d", b"!", b"-type", b"f", b"-o", b"-type", b"f", b"-readable"]
    command = [b"find", directory, b"-maxdepth", b"1", b"-printf", _FORMAT]
    command += [b"(", *readable, b")", b"-printf", _MAY, b"-o", b"-printf", _MAY_NOT]
    question = Question(client, command, control)
    is_cut = False
    for field in question.records():
        fields.append(field)
        if len(fields) < _FIELDS:
            continue
        if fields[0] == b"0":
            device = fields[3]
            _check(directory, fields)
        elif len(found) == MOST_ENTRIES:
            is_cut = True
            break
        else:
            found.append(_entry(fields, device))
        fields.clear()
    found += _unseen(question.complaint, directory)
    if question.complaint and not found:
        said = printable(question.complaint.strip().split(b"\n")[0]).rpartition(_REASON)[2]
        raise NoDirectory(f"{quoted(directory)} there: {said}")
    found.sort(key=lambda entry: (entry.kind is not EntryKind.DIRECTORY, entry.name))
    return ClientDirectory(tuple(found), is_cut)


def _unseen(complaint: bytes, directory: bytes) -> Iterator[ClientEntry]:
    """What find could not look at, such as a mount whose server is away: it is there, and more is
    not known of it."""
    for line in complaint.split(b"\n"):
        message = complaints.of_find(line)
        if message.code != "UNREADABLE" or message.path in (None, directory):
            continue
        above, name = split(message.path or b"")
        if above == directory.rstrip(b"/"):
            yield ClientEntry(name, EntryKind.DIRECTORY, 0, 0, 0, b"", False, False)


def _check(directory: bytes, fields: Sequence[bytes]) -> None:
    kind = fields[2]
    if kind == b"l":
        raise NoDirectory(
            f"{quoted(directory)} is a symbolic link there, to {quoted(fields[7])}: name that"
        )
    if kind != b"d":
        raise NoDirectory(f"{quoted(directory)} is no directory there")


def _entry(fields: Sequence[bytes], device: bytes) -> ClientEntry:
    _, name, kind, own_device, size, time, mode, target, may = fields
    # find says "D" and the like for kinds that Linux does not have.
    known = EntryKind(kind.decode("ascii")) if kind in _KINDS else EntryKind.SOCKET
    return ClientEntry(
        name=name,
        kind=known,
        size=int(size),
        modify_time_ns=int(time[:-11]) * _SECOND + int(time[-10:-1]),
        mode=int(mode, 8),
        link_target=target,
        is_mount=kind == b"d" and own_device != device,
        is_readable=may == _MAY[:1],
    )


_KINDS = frozenset(kind.value.encode("ascii") for kind in EntryKind)
