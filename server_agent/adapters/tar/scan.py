"""The sources' entries, from GNU find into the listing, without an object per entry that stays."""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from server_agent.adapters.tar import complaints
from server_agent.adapters.tar.child import Child
from server_agent.adapters.tar.excludes import any_of, find_conditions
from server_agent.adapters.tar.listing import ListingWriter, Row
from server_agent.adapters.tar.mounts import is_below, mount_table, mounts
from server_agent.adapters.tar.names import shown
from server_agent.domain.jobs import Level
from server_agent.ports import Control, EngineError, Message

_FORMAT = rb"%h\0%f\0%y\0%i\0%D\0%n\0%s\0%T@\0%C@\0%m\0%U\0%G\0%l\0"
_FIELDS = _FORMAT.count(rb"\0")
_BATCH_BYTES = 1 << 20  # of find's output, about 9000 entries: few statements, little memory
SOURCE_IS_LINK = "SOURCE_IS_LINK"
_LONGEST_NAME, _LONGEST_PATH = 255, 4095  # bytes: NAME_MAX, and PATH_MAX without its NUL
_SHOWN_BYTES = 60  # of a path that is too long to be read
_SECOND = 1_000_000_000  # in nanoseconds

# File systems whose files the kernel makes up; /proc/kcore alone has 128 TB.
_MADE_UP = frozenset(
    b"autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs efivarfs fusectl"
    b" hugetlbfs mqueue nsfs proc pstore rpc_pipefs securityfs selinuxfs sysfs tracefs".split()
)


@dataclass(slots=True)
class Scan:
    """One source that is read into a listing.

    Attributes:
        own: paths of the agent that never belong into a saveset.
        entries: how many have been found.
        messages: what has to be said and was not fetched yet.
    """

    source: bytes
    excludes: tuple[str, ...]
    own: set[bytes]
    listing: ListingWriter
    control: Control
    entries: int = 0
    messages: list[Message] = field(default_factory=list)

    def run(self) -> Iterator[None]:
        """Pauses after each batch of rows.

        Raises:
            EngineError: SOURCE_MISSING; FIND_FAILED, with what find said.
            Cancelled: the control said so.
        """
        self._check_source()
        rest = b""
        complaints_rest = b""
        with Child(self._command(), self.control) as find:
            while find.talks:
                for output in find.ready():
                    data = find.read(output)
                    if output == "err":
                        *lines, complaints_rest = (complaints_rest + data).split(b"\n")
                        self._hear(lines)
                        yield
                        continue
                    rest += data
                    if len(rest) >= _BATCH_BYTES or not data:
                        rest = self._take(rest)
                        yield
            status = find.wait()
        if status not in (0, 1):
            raise EngineError("FIND_FAILED", f"find ended with status {status}")
        if not self.entries:
            raise self._missing("it vanished")

    def _check_source(self) -> None:
        """A symbolic link is a source like any other, but rarely what was meant."""
        try:
            os.lstat(self.source)
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                raise self._too_long() from error
            raise self._missing(error.strerror or str(error)) from error
        if os.path.islink(self.source):
            text = (
                f"source {shown(self.source)} is a symbolic link: only the link is saved. To save"
                f" what it leads to, name {shown(os.path.realpath(self.source))} in the task"
            )
            self.messages.append(Message(Level.WARNING, SOURCE_IS_LINK, text, self.source))

    def _too_long(self) -> EngineError:
        name = max(self.source.split(b"/"), key=len)
        begin = shown(self.source[:_SHOWN_BYTES])
        if len(name) > _LONGEST_NAME:
            what = f"a name in it has {len(name)} bytes, and no file's name has more than"
            what = f"{what} {_LONGEST_NAME}"
        else:
            what = f"it has {len(self.source)} bytes, and no path has more than {_LONGEST_PATH}"
        return EngineError(
            "SOURCE_MISSING",
            f"the source that begins with {begin} cannot exist: {what}."
            " Correct the sources of the task",
        )

    def _missing(self, reason: str) -> EngineError:
        return EngineError(
            "SOURCE_MISSING",
            f"source {shown(self.source)} cannot be saved: {reason}."
            " Make it available or correct the sources of the task",
        )

    def _command(self) -> list[bytes]:
        hollow = kernel_mounts(mount_table(), self.source)
        for path in hollow:
            text = f"{shown(path)} is made up by the kernel: what it holds is not saved"
            self.messages.append(Message(Level.INFO, "KERNEL_FILE_SYSTEM", text, path))
        own = [path for path in sorted(self.own) if is_below(path, self.source)]
        for path in own:
            text = f"{shown(path)} belongs to the agent's own work: it is not saved"
            self.messages.append(Message(Level.INFO, "OWN_FILES", text, path))
        return [
            b"find",
            self.source,
            *find_conditions(self.source, self.excludes),
            *any_of(own),
            b"-prune",
            b"-o",
            b"-printf",
            _FORMAT,
            *any_of(hollow),
            b"-prune",
        ]

    def _hear(self, lines: list[bytes]) -> None:
        for line in lines:
            message = complaints.of_find(line)
            if message.level is Level.ERROR:
                raise EngineError("FIND_FAILED", f"the source cannot be listed: {message.text}")
            self.messages.append(message)

    def _take(self, output: bytes) -> bytes:
        """Adds the whole records of find's output and returns what is left."""
        fields, rest = whole_records(output)
        if fields:
            self.entries += len(fields) // _FIELDS
            self.listing.add(_rows(fields))
        return rest


def kernel_mounts(mountinfo: bytes, source: bytes) -> list[bytes]:
    """Mount points below a source whose content the kernel makes up.

    Args:
        mountinfo: the text of /proc/self/mountinfo, see proc(5).
    """
    return [
        point
        for point, file_system in mounts(mountinfo)
        if file_system in _MADE_UP and is_below(point, source)
    ]


def whole_records(output: bytes) -> tuple[list[bytes], bytes]:
    """The fields of all whole records, and the beginning of the next one.

    A last field can be empty: it is whole only when the NUL after it is there.
    """
    *fields, tail = output.split(b"\0")
    whole = len(fields) // _FIELDS * _FIELDS
    rest = b"\0".join([*fields[whole:], tail])
    del fields[whole:]
    return fields, rest


def _rows(fields: list[bytes]) -> Iterator[Row]:
    """A time is whole seconds, rounded down, a point and ten digits of the fraction that is to be
    added, before 1970 too: -1.5 is "-2.5000000000". The tenth digit is always 0."""
    column = [fields[number::_FIELDS] for number in range(_FIELDS)]
    directories, names, kinds, inodes, devices, links, sizes = column[:7]
    modified, changed, modes, uids, gids, targets = column[7:]
    return zip(
        # find splits the root itself into "" and "/".
        directories,
        [b"" if name == b"/" else name for name in names],
        [kind.decode("ascii") for kind in kinds],
        map(int, inodes),
        map(int, devices),
        map(int, links),
        map(int, sizes),
        [int(time[:-11]) * _SECOND + int(time[-10:-1]) for time in modified],
        [int(time[:-11]) * _SECOND + int(time[-10:-1]) for time in changed],
        [int(mode, 8) for mode in modes],
        map(int, uids),
        map(int, gids),
        targets,
        strict=True,
    )
