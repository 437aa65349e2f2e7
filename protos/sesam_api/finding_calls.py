"""What can be looked up in a location's savesets: directories, files by name over all savesets,
versions through time, and what differs between two savesets."""

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeAlias, TypeVar

from sesam_api import convert
from sesam_api.finding_records import (
    Difference,
    FoundFile,
    Unindexed,
    UnindexedSaveset,
    Version,
    VersionHolder,
)
from sesam_api.plan_calls import PAGE_SIZE, pages
from sesam_api.records import Entry
from sesam_api.saveset_records import Saveset
from sesam_api.v1 import finding_pb2, savesets_pb2
from sesam_api.v1.finding_pb2_grpc import FindingServiceStub
from sesam_api.v1.savesets_pb2_grpc import SavesetServiceStub
from sesam_api.wire import Wire

Path: TypeAlias = str | bytes | os.PathLike[str] | os.PathLike[bytes]
Item = TypeVar("Item")

_KIND = savesets_pb2.EntryKind.DESCRIPTOR
_ASPECT = finding_pb2.EntryAspect.DESCRIPTOR


class Findings(Generic[Item]):
    """What was found, read page by page while it is iterated over.

    Attributes:
        unindexed: the savesets that were not looked through, since the agent has not read their
            listings yet or cannot. What only they hold is not found.
    """

    def __init__(self, page: Callable[[str], tuple[Iterable[Item], str, Unindexed]]) -> None:
        self._page = page
        items, self._token, self.unindexed = page("")
        self._items = tuple(items)

    def __iter__(self) -> Iterator[Item]:
        yield from self._items
        token = self._token
        while token:
            items, token, _ = self._page(token)
            yield from items


class FindingCalls:
    """The part of a `Location` that looks into savesets."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._finding = FindingServiceStub(wire.channel)
        self._listings = SavesetServiceStub(wire.channel)

    def entries(self, saveset: str | Saveset, directory: Path = b"") -> Iterator[Entry]:
        """What a directory held, directories first and then by name; without one the sources."""
        name, path = saveset_name(saveset), os.fsencode(directory)

        def page(token: str) -> tuple[Iterable[Entry], str]:
            request = savesets_pb2.ListEntriesRequest(
                saveset=name, directory=path, page_size=PAGE_SIZE, page_token=token
            )
            answer = self._wire.call(self._listings.ListEntries, request)
            return map(convert.entry, answer.entries), answer.next_page_token

        return pages(page)

    def entry(self, saveset: str | Saveset, path: Path) -> Entry:
        """One file or directory of a saveset. Raises SesamError PATH_NOT_FOUND."""
        request = finding_pb2.GetEntryRequest(saveset=saveset_name(saveset), path=os.fsencode(path))
        return convert.entry(self._wire.call(self._finding.GetEntry, request).entry)

    def find_files(
        self,
        text: str,
        *,
        task: str = "",
        client: str = "",
        days: tuple[str, str] = ("", ""),
    ) -> Findings[FoundFile]:
        """Files of all savesets by their names, each path of a client once.

        Args:
            text: a part of the name, or a whole one with the wildcards * and ?; letter case does
                not matter. With a slash in it, the end of the path: "docs/rep", "docs/*.pdf".
            task: only what savesets of this task hold.
            client: only what savesets of this client hold.
            days: only what savesets of these sesam days (YYYY-MM-DD) hold, first and last
                included; "": no limit.
        """
        wanted = finding_pb2.FileFilter(
            text=text, task=task, client=client, first_sesam_day=days[0], last_sesam_day=days[1]
        )

        def page(token: str) -> tuple[Iterable[FoundFile], str, Unindexed]:
            request = finding_pb2.FindFilesRequest(
                filter=wanted, page_size=PAGE_SIZE, page_token=token
            )
            answer = self._wire.call(self._finding.FindFiles, request)
            return map(_found, answer.files), answer.next_page_token, _unindexed(answer.unindexed)

        return Findings(page)

    def versions(self, client: str, path: Path) -> Findings[Version]:
        """The versions of one path of a client, the one in the newest saveset first; none if no
        saveset has it."""
        wanted = os.fsencode(path)

        def page(token: str) -> tuple[Iterable[Version], str, Unindexed]:
            request = finding_pb2.ListVersionsRequest(
                client=client, path=wanted, page_size=PAGE_SIZE, page_token=token
            )
            answer = self._wire.call(self._finding.ListVersions, request)
            found = map(_version, answer.versions)
            return found, answer.next_page_token, _unindexed(answer.unindexed)

        return Findings(page)

    def compare(
        self, before: str | Saveset, after: str | Saveset, directory: Path = b""
    ) -> Iterator[Difference]:
        """What differs between two savesets, or below one directory of them, ordered by directory
        and then by name."""
        request = finding_pb2.CompareSavesetsRequest(
            before=saveset_name(before),
            after=saveset_name(after),
            directory=os.fsencode(directory),
            page_size=PAGE_SIZE,
        )
        more = True
        while more:
            answer = self._wire.call(self._finding.CompareSavesets, request)
            yield from map(_difference, answer.differences)
            request.page_token = answer.next_page_token
            more = bool(answer.next_page_token)


def saveset_name(saveset: str | Saveset) -> str:
    """The name of what is given as a saveset or by its name."""
    return saveset.name if isinstance(saveset, Saveset) else name_of(saveset, "saveset")


def name_of(given: str, kind: str) -> str:
    """What names a thing; a TypeError for what is no text."""
    if not isinstance(given, str):
        raise TypeError(f"a {kind}, or what names it as text, is needed, not {given!r}")
    return given


def _found(message: finding_pb2.FoundFile) -> FoundFile:
    return FoundFile(
        client=message.client,
        path=message.path,
        kind=convert.word(_KIND, message.kind),
        size=message.size,
        modify_time_ns=message.modify_time.ToNanoseconds(),
        versions=message.versions,
        saveset=message.saveset,
        task=message.task,
        saveset_time=convert.moment(message.saveset_time),
        sesam_day=message.sesam_day,
    )


def _unindexed(message: finding_pb2.Unindexed) -> Unindexed:
    return Unindexed(
        message.total,
        tuple(
            UnindexedSaveset(one.saveset, one.task, one.client, one.cause)
            for one in message.savesets
        ),
    )


def _version(message: finding_pb2.Version) -> Version:
    return Version(
        kind=convert.word(_KIND, message.kind),
        size=message.size,
        modify_time_ns=message.modify_time.ToNanoseconds(),
        saveset_count=message.saveset_count,
        holders=tuple(map(_holder, message.holders)),
        oldest=_holder(message.oldest),
    )


def _holder(message: finding_pb2.VersionHolder) -> VersionHolder:
    return VersionHolder(
        saveset=message.saveset,
        task=message.task,
        time=convert.moment(message.time),
        sesam_day=message.sesam_day,
        home=message.home if message.HasField("home") else None,
    )


def _difference(message: finding_pb2.EntryDifference) -> Difference:
    return Difference(
        before=convert.entry(message.before) if message.HasField("before") else None,
        after=convert.entry(message.after) if message.HasField("after") else None,
        aspects=tuple(convert.word(_ASPECT, aspect) for aspect in message.aspects),
    )
