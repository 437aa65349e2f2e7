"""The scan of a backup without the backup: what it would save, and what is left out by what."""

import sqlite3
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from server_agent.adapters.tar import packed
from server_agent.adapters.tar.backup import Backup
from server_agent.adapters.tar.client import Client
from server_agent.adapters.tar.failures import translated
from server_agent.adapters.tar.hits import Hits
from server_agent.adapters.tar.largest import largest
from server_agent.adapters.tar.left_out import LeftOut
from server_agent.adapters.tar.listing import Amount, ListingWriter
from server_agent.adapters.tar.places import Places
from server_agent.domain.jobs import Progress
from server_agent.domain.savesets import BackupType
from server_agent.ports import BackupRequest, Control, Message, SavesetRef
from server_agent.ports.client_files import (
    EXAMPLES,
    LeftOutBy,
    LeftOutCause,
    WalkDone,
    WalkEvent,
    WalkRequest,
)

_MOST_WARNINGS = 20
_NEVER = date(1970, 1, 1)  # the sesam day of what is never kept
_MEASURED = {
    "CACHE_DIRECTORIES": LeftOutCause.CACHES,
    "NO_DUMP": LeftOutCause.NO_DUMP,
}
_NAMED = {
    "OTHER_FILE_SYSTEM": LeftOutCause.OTHER_FILE_SYSTEMS,
    "KERNEL_FILE_SYSTEM": LeftOutCause.KERNEL_FILE_SYSTEMS,
    "OWN_FILES": LeftOutCause.OWN_FILES,
    "SOCKET": LeftOutCause.SOCKETS,
    "UNREADABLE": LeftOutCause.UNREADABLE,
}


@dataclass(slots=True)
class MeasuredLeftOut(LeftOut):
    """Takes out what the excludes meet too, and measures what each takes out.

    Attributes:
        hits: of the excludes; None without any.
        everything: what was found before anything was taken out.
        measured: what left out how much.
    """

    hits: Hits | None = None
    everything: Amount = field(default_factory=lambda: Amount(0, 0))
    measured: list[LeftOutBy] = field(default_factory=list)

    @property
    def has_anything_to_do(self) -> bool:
        return True  # what is excluded is walked through here, and a backup does not complain of it

    def messages(self) -> Iterator[Message]:
        self.everything = self.listing.amount()
        if self.hits is not None:
            self.hits.settle()
            self.measured += self.hits.told()
        before, known = self.listing.amount(), set(self.places)
        for message in LeftOut.messages(self):
            after, new = self.listing.amount(), sorted(self.places - known)
            self.measured.append(
                LeftOutBy(
                    _MEASURED[message.code],
                    hits=len(new),
                    files=before.files - after.files,
                    size=before.size - after.size,
                    examples=tuple(new[:EXAMPLES]),
                )
            )
            before, known = after, set(self.places)
            yield message

    def has(self, path: bytes) -> bool:
        return LeftOut.has(self, path) or (self.hits is not None and self.hits.covers(path))


@dataclass(slots=True)
class Walking(Backup):
    """One run of `server_agent.ports.Engine.walk`, with the very scan of a backup."""

    compare_with: SavesetRef | None = None
    _compared_with: str = ""
    _left_out: MeasuredLeftOut | None = None
    _said_of: dict[LeftOutCause, LeftOutBy] = field(default_factory=dict)

    @classmethod
    def of(
        cls, places: Places, request: WalkRequest, control: Control, client: Client
    ) -> "Walking":
        asked = BackupRequest(
            saveset=f"walk-{uuid.uuid4().hex}",
            type=BackupType.FULL,
            label="",
            sesam_day=_NEVER,
            sources=request.sources,
            excludes=request.excludes,
            base=(),
            facts={},
            client=request.client,
            options=request.options,
        )
        return cls(places, 1, asked, control, client, compare_with=request.compare_with)

    def walked(self) -> Iterator[WalkEvent]:
        request = self.request
        scratch = self.places.scratch(request.saveset, "walk")
        with translated(self.control, scratch.parent):
            try:
                listing = ListingWriter(scratch, request.saveset, request.sources, self.control)
            finally:
                # It goes on without a name: whatever ends this, nothing of it stays.
                scratch.unlink(missing_ok=True)
            with listing:
                self._build_on_earlier(listing)
                survey = self.client.survey(request.sources, self.control)
                for event in self._scan(listing, scratch, survey):
                    if isinstance(event, Progress):
                        yield event
                    elif isinstance(event, Message):
                        self._note(event)
                total = listing.amount()
                changed = listing.end_scan()
                for _ in self._empty(listing, survey):
                    pass  # it is among the warnings
                yield from self._told()
                yield self._result(listing, total, changed)

    def _left_out_by_options(self, listing: ListingWriter) -> LeftOut:
        request = self.request
        if self._excludes:
            self._hits = Hits(
                *(listing.database, request.sources, self._excludes),
                *(request.options.exclude_kind, len(request.excludes)),
            )
        self._left_out = MeasuredLeftOut(
            *(request.options, request.sources, listing, self.client, self.control),
            *(self.places.scratch(request.saveset, "asked"), set(), self._hits),
        )
        return self._left_out

    def _note(self, message: Message) -> None:
        cause = _NAMED.get(message.code)
        if cause is None or message.path is None:
            return
        if message.code == "OWN_FILES" and self._hits and self._hits.covers(message.path):
            return  # it is excluded, and a backup does not come to it
        known = self._said_of.get(cause) or LeftOutBy(cause)
        room = len(known.examples) < EXAMPLES
        examples = (*known.examples, message.path) if room else known.examples
        self._said_of[cause] = replace(known, hits=known.hits + 1, examples=examples)

    def _told(self) -> Iterator[LeftOutBy]:
        assert self._left_out is not None  # the scan has made it
        yield from self._left_out.measured
        for cause in _NAMED.values():
            if cause in self._said_of:
                yield self._said_of[cause]

    def _build_on_earlier(self, listing: ListingWriter) -> None:
        """As an INC takes over what it builds on; here its data need not be there."""
        if self.compare_with is None:
            return
        earlier = self.places.files_of(self.compare_with).listing
        name, why = self.compare_with.name, "its listing is missing"
        if packed.is_there(earlier):
            try:
                listing.build_on(earlier)
            except sqlite3.DatabaseError as error:
                why = f"its listing cannot be read: {error}"
                if not listing.database.in_transaction:
                    listing.database.execute("BEGIN")
            else:
                self._compared_with = name
                return
        self._warnings.append(f"saveset {name} was not compared with: {why}")

    def _result(self, listing: ListingWriter, total: Amount, changed: Amount) -> WalkDone:
        assert self._left_out is not None
        everything = self._left_out.everything
        return WalkDone(
            kept_files=total.files,
            kept_bytes=total.size,
            kept_directories=listing.database.number("SELECT count(*) FROM entry WHERE NOT leaf"),
            left_files=everything.files - total.files,
            left_bytes=everything.size - total.size,
            largest=tuple(largest(listing.database, self.request.sources)),
            warnings=tuple(self._warnings[:_MOST_WARNINGS]),
            compared_with=self._compared_with,
            changed_files=changed.files if self._compared_with else 0,
            changed_bytes=changed.size if self._compared_with else 0,
        )
