"""The sources' entries, from GNU find into the listing, without an object per entry that stays."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from server_agent.adapters.tar import complaints
from server_agent.adapters.tar.as_read import MayChange
from server_agent.adapters.tar.client import TOO_LONG, Client, Survey
from server_agent.adapters.tar.excludes import any_found, any_of, find_conditions, glob_literal
from server_agent.adapters.tar.hits import Hits
from server_agent.adapters.tar.listing import ListingWriter, Row
from server_agent.adapters.tar.mounts import file_system, is_below, mounts
from server_agent.adapters.tar.names import joined
from server_agent.adapters.tar.numbers import kept_inode, kept_times
from server_agent.adapters.tar.places import are_same, medium_around
from server_agent.domain.jobs import Level
from server_agent.domain.quoting import quoted
from server_agent.domain.task_options import TaskOptions
from server_agent.ports import Control, EngineError, Message

FORMAT = rb"%h\0%f\0%y\0%i\0%D\0%n\0%s\0%T@\0%C@\0%m\0%U\0%G\0%l\0"
_OWN_KIND = b"own"
_OWN_FORMAT = FORMAT.replace(b"%y", _OWN_KIND)
_MAY_CHANGE_KIND = b"may"
_MAY_CHANGE_FORMAT = FORMAT.replace(b"%y", _MAY_CHANGE_KIND)
_FIELDS = FORMAT.count(rb"\0")
_BATCH_BYTES = 1 << 18  # of find's output, about 2000 entries: few statements, little to wait for
SOURCE_IS_LINK = "SOURCE_IS_LINK"
_LONGEST_NAME, _LONGEST_PATH = 255, 4095  # bytes: NAME_MAX, and PATH_MAX without its NUL
_SHOWN_BYTES = 60  # of a path that is too long to be read
_SECOND = 1_000_000_000  # in nanoseconds
_UNUSABLE = b"find: failed to compile regular expression"

# File systems whose files the kernel makes up; /proc/kcore alone has 128 TB, and most others say
# that they are empty. What a tmpfs holds is real.
_MADE_UP = frozenset(
    b"autofs binder binfmt_misc bpf cgroup cgroup2 configfs cpuset debugfs devpts devtmpfs efivarfs"
    b" functionfs fuse.lxcfs fuse.portal fusectl hugetlbfs mqueue nfsd nsfs proc pstore resctrl"
    b" rpc_pipefs securityfs selinuxfs smackfs sysfs tracefs xenfs".split()
)


_ON_DEMAND = b"autofs"  # a source in one is mounted when find comes to it


@dataclass(slots=True)
class Scan:
    """One source that is read into a listing.

    Attributes:
        own: directories and files of the agent that never belong into a saveset, under whatever
            path they are met; none if the client is another machine.
        survey: knows the source.
        options: of the task, which say what its excludes are.
        may_change: takes the files whose size may change while they are read.
        hits: takes what the excludes meet, which is then listed too.
        entries: how many have been found.
        messages: what has to be said and was not fetched yet.
    """

    source: bytes
    excludes: tuple[str, ...]
    own: Sequence[bytes]
    listing: ListingWriter
    client: Client
    survey: Survey
    control: Control
    options: TaskOptions = field(default_factory=TaskOptions)
    may_change: MayChange | None = None
    hits: Hits | None = None
    silent: Sequence[bytes] = ()
    entries: int = 0
    messages: list[Message] = field(default_factory=list)
    _unknown: str = ""

    def run(self) -> Iterator[None]:
        """Pauses after each batch of rows.

        Raises:
            EngineError: SOURCE_MISSING; EXCLUDE_UNUSABLE; FIND_FAILED, with what find said.
            Cancelled: the control said so.
        """
        self._check_source()
        rest = b""
        complaints_rest = b""
        with self.client.start(self._command(), self.control) as find:
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
        if status and self._unknown and not self.entries:
            raise EngineError("FIND_FAILED", f"the source cannot be listed: {self._unknown}")
        if not self.entries:
            raise self._missing("it vanished")

    def _check_source(self) -> None:
        """A symbolic link is a source like any other, but rarely what was meant."""
        look = self.survey.looks[self.source]
        if look.reason == TOO_LONG:
            raise self._too_long()
        if not look.kind:
            raise self._missing(look.reason)
        point, kind = file_system(self.survey.mount_table, look.place)
        if kind in _MADE_UP and kind != _ON_DEMAND:
            raise EngineError(
                "SOURCE_MADE_UP",
                f"source {quoted(self.source)} cannot be saved: it lies in {quoted(point)}, whose"
                f" files the kernel makes up ({kind.decode('ascii', 'replace')}). Correct the"
                " sources of the task",
            )
        if look.kind == "l":
            text = (
                f"source {quoted(self.source)} is a symbolic link: only the link is saved. To save"
                f" what it leads to, name {quoted(look.leads_to)} in the task"
            )
            self.messages.append(Message(Level.WARNING, SOURCE_IS_LINK, text, self.source))

    def _too_long(self) -> EngineError:
        name = max(self.source.split(b"/"), key=len)
        begin = quoted(self.source[:_SHOWN_BYTES])
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
            f"source {quoted(self.source)} cannot be saved: {reason}."
            " Make it available or correct the sources of the task",
        )

    def _command(self) -> list[bytes]:
        real = self.survey.looks[self.source].place
        # What another file system holds is not looked at then, whoever makes it up.
        stays = self.options.one_file_system
        points = [] if stays else kernel_mounts(self.survey.mount_table, real)
        hollow = [self.source.rstrip(b"/") + point[len(real.rstrip(b"/")) :] for point in points]
        for path in hollow:
            text = f"{quoted(path)} is made up by the kernel: what it holds is not saved"
            self.messages.append(Message(Level.INFO, "KERNEL_FILE_SYSTEM", text, path))
        # What was asked for by name is saved: a directory for temporary files may be a source.
        own = [
            [b"-o", b"-samefile", path]
            for path in self.own
            if os.path.exists(path) and not are_same(path, self.source)
        ]
        top, start = real.rstrip(b"/"), self.source.rstrip(b"/")
        below = [path for path in self.silent if is_below(path, real)]
        own += [[b"-o", b"-path", glob_literal(start + path[len(top) :])] for path in below]
        return [
            b"find",
            self.source,
            *([b"-xdev"] if stays else []),
            *self._excluded(),
            *(b"(", b"-false", *(word for test in own for word in test), b")"),
            *(b"-printf", _OWN_FORMAT, b"-prune", b"-o"),
            *self._may_change(),
            b"-printf",
            FORMAT,
            *any_of(hollow),
            b"-prune",
        ]

    def _excluded(self) -> list[bytes]:
        if self.hits is not None:
            return self.hits.conditions(self.source, FORMAT)
        return find_conditions(self.source, self.excludes, self.options.exclude_kind)

    def _may_change(self) -> list[bytes]:
        """Has such files told twice, the first time with a kind of their own."""
        if self.may_change is None:
            return []
        test = any_found(self.options.accept_size_change)
        tell = [b"-printf", _MAY_CHANGE_FORMAT, b"-false"]
        return [b"(", b"-type", b"f", *test, *tell, b")", b"-o"]

    def _hear(self, lines: list[bytes]) -> None:
        for line in lines:
            if line.startswith(_UNUSABLE):
                reason = line.rpartition(b": ")[2].decode("ascii", "replace")
                raise EngineError(
                    "EXCLUDE_UNUSABLE",
                    f"an exclude of the task or one of its expressions cannot be used: {reason}."
                    " Correct the excludes of the task",
                )
            message = complaints.of_find(line)
            if message.code == complaints.UNKNOWN_TO_FIND:
                self._unknown = self._unknown or message.text
            self.messages.append(message)

    def _take(self, output: bytes) -> bytes:
        """Adds the whole records of find's output and returns what is left."""
        fields, rest = whole_records(output)
        if self.hits is not None:
            fields = self.hits.taken(fields, _FIELDS)
        kinds = fields[2::_FIELDS]
        if _OWN_KIND in kinds:
            fields = self._without_own(fields)
        if self.may_change is not None and _MAY_CHANGE_KIND in kinds:
            fields = self._without_told_twice(fields, self.may_change)
        if fields:
            self.entries += len(fields) // _FIELDS
            self.listing.add(rows_of(fields))
        return rest

    def _without_own(self, fields: list[bytes]) -> list[bytes]:
        rest: list[bytes] = []
        for at in range(0, len(fields), _FIELDS):
            record = fields[at : at + _FIELDS]
            if record[2] != _OWN_KIND:
                rest += record
                continue
            path = joined(record[0], record[1])
            text = f"{quoted(path)} belongs to the agent's own work: it is not saved"
            self.messages.append(Message(Level.INFO, "OWN_FILES", text, path))
        return rest

    def _without_told_twice(self, fields: list[bytes], may_change: MayChange) -> list[bytes]:
        rest: list[bytes] = []
        paths: list[bytes] = []
        for at in range(0, len(fields), _FIELDS):
            record = fields[at : at + _FIELDS]
            if record[2] == _MAY_CHANGE_KIND:
                paths.append(joined(record[0], record[1]))
            else:
                rest += record
        may_change.add(paths)
        return rest


def check_source(source: bytes, media: Sequence[bytes]) -> None:
    """Raises EngineError (SOURCE_IS_OWN) if a source is a data store or lies in one, by whatever
    path."""
    medium = medium_around(source, media)
    if medium is not None:
        raise EngineError(
            "SOURCE_IS_OWN",
            f"source {quoted(source)} lies in the data store {quoted(medium)}, which is"
            " never saved. Correct the sources of the task",
        )


def kernel_mounts(mountinfo: bytes, source: bytes) -> list[bytes]:
    """Mount points below a source whose content the kernel makes up, as find comes to them: none
    within another one.

    Args:
        mountinfo: the text of /proc/self/mountinfo, see proc(5).
        source: an absolute path; links in it, but for its last part, have been followed.
    """
    found: list[bytes] = []
    seen = dict(mounts(mountinfo))  # the last of several in one place
    for point, kind in sorted(seen.items()):
        is_within = any(is_below(point, other) for other in found)
        if kind in _MADE_UP and is_below(point, source) and not is_within:
            found.append(point)
    return found


def whole_records(output: bytes) -> tuple[list[bytes], bytes]:
    """The fields of all whole records, and the beginning of the next one.

    A last field can be empty: it is whole only when the NUL after it is there.
    """
    *fields, tail = output.split(b"\0")
    whole = len(fields) // _FIELDS * _FIELDS
    rest = b"\0".join([*fields[whole:], tail])
    del fields[whole:]
    return fields, rest


def rows_of(fields: list[bytes]) -> Iterator[Row]:
    """What find has printed in `FORMAT`.

    A time is whole seconds, rounded down, a point and ten digits of the fraction that is to be
    added, before 1970 too: -1.5 is "-2.5000000000". The tenth digit is always 0.
    """
    column = [fields[number::_FIELDS] for number in range(_FIELDS)]
    directories, names, kinds, inodes, devices, links, sizes = column[:7]
    modified, changed, modes, uids, gids, targets = column[7:]
    return zip(
        # find splits the root itself into "" and "/".
        directories,
        [b"" if name == b"/" else name for name in names],
        [kind.decode("ascii") for kind in kinds],
        map(kept_inode, map(int, inodes)),
        map(int, devices),
        map(int, links),
        map(int, sizes),
        kept_times([int(time[:-11]) * _SECOND + int(time[-10:-1]) for time in modified]),
        kept_times([int(time[:-11]) * _SECOND + int(time[-10:-1]) for time in changed]),
        [int(mode, 8) for mode in modes],
        map(int, uids),
        map(int, gids),
        targets,
        strict=True,
    )
