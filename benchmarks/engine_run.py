"""One measured step of the tar engine, in a process of its own: `benchmarks.engine` starts it.

`python -m benchmarks.engine_run STEP OWN SOURCE FILE OUT`, the steps being those of
`benchmarks.engine_contestants`, "listing" and "start".
"""

import os
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from benchmarks.engine_contestants import ALL, CHANGED, FULL, LIST, ONE, UNCHANGED, VERIFY
from server_agent.adapters.tar.client import LocalClient
from server_agent.adapters.tar.engine import TarEngine
from server_agent.adapters.tar.listing import ListingWriter
from server_agent.adapters.tar.names import member_key, member_name
from server_agent.adapters.tar.scan import Scan
from server_agent.adapters.tar.store import write_label
from server_agent.domain.savesets import BackupType
from server_agent.ports import (
    BackupRequest,
    EntryKind,
    RestoreRequest,
    SavesetRef,
    Verified,
    VerifyRequest,
)

LABEL = "BENCH00001"
LOCATION_ID = "00000000-0000-4000-8000-000000000001"
DAY = date(2026, 1, 1)
BASE = SavesetRef("SF20260101080000000@abcdefghijk", LABEL, DAY, None)
SECOND = SavesetRef("SI20260101090000000@abcdefghijk", LABEL, DAY, BASE.name)
THIRD = SavesetRef("SI20260101100000000@abcdefghijk", LABEL, DAY, SECOND.name)
CHAIN = (THIRD, SECOND, BASE)
LISTING = "listing"
START = "start"  # Python and its modules, which an agent loads once and each step here anew
BATCH = 4000  # members that tar writes in about a fifth of a second
_PAGE = 1000


class NoCancel:
    """The control of a job that nobody stops."""

    cancelled = False

    def on_cancel(self, callback: object) -> None:
        """Never called back."""


def engine_at(own: Path) -> TarEngine:
    return TarEngine(own / "store", own / "lis", own / "tmp", LOCATION_ID)


def back_up(own: Path, source: Path, chain: tuple[SavesetRef, ...]) -> None:
    """The first of the chain; the others are what it builds on."""
    saveset = chain[0]
    request = BackupRequest(
        saveset=saveset.name,
        type=BackupType(saveset.name[1]),
        label=LABEL,
        sesam_day=DAY,
        sources=(os.fsencode(source),),
        excludes=(),
        base=chain[1:],
        facts={"task": "benchmark"},
    )
    for event in engine_at(own).backup(request, NoCancel()):
        last = event
    print(last)


def restore(own: Path, paths: tuple[bytes, ...], out: Path) -> None:
    request = RestoreRequest(CHAIN, paths, os.fsencode(out))
    for _ in engine_at(own).restore(request, NoCancel()):
        pass


def verify(own: Path) -> None:
    for event in engine_at(own).verify(VerifyRequest(CHAIN), NoCancel()):
        if isinstance(event, Verified) and event.fault:
            raise SystemExit(event.fault)


def names_of(own: Path) -> int:
    """Goes through every name of the newest saveset, as a person's script would."""
    engine, left, count = engine_at(own), [b""], 0
    while left:
        directory, position = left.pop(), None
        while True:
            page = engine.entries(THIRD, directory, position, _PAGE)
            count += len(page.entries)
            left += [each.path for each in page.entries if each.kind is EntryKind.DIRECTORY]
            position = page.next_position
            if position is None:
                break
    return count


def list_only(own: Path, source: Path) -> None:
    """What the listing of a FULL costs without the data: find, rows, names for tar, places."""
    path = own / "listing-only.db"
    with ListingWriter(path, BASE.name, (os.fsencode(source),), NoCancel()) as listing:
        client, root = LocalClient(), os.fsencode(source)
        survey = client.survey([root], NoCancel())
        for _ in Scan(root, (), (), listing, client, survey, NoCancel()).run():
            pass
        listing.end_scan()
        names = [member_name(path) for path in listing.paths_to_save()]
        (own / "names").write_bytes(b"\0".join(names))
        for start in range(0, len(names), BATCH):
            batch = enumerate(names[start : start + BATCH], start)
            listing.place([(at * 4, 4, None, None, None, *member_key(name)) for at, name in batch])
        listing.finish()
    path.unlink()


def main() -> None:
    step, own, source, file, out = sys.argv[1], *map(Path, sys.argv[2:])
    medium = own / "store" / LABEL
    if not medium.exists():
        medium.mkdir(parents=True)
        write_label(medium, LABEL, LOCATION_ID)
    steps: Mapping[str, Callable[[], object]] = {
        START: lambda: None,
        LISTING: lambda: list_only(own, source),
        FULL: lambda: back_up(own, source, CHAIN[2:]),
        UNCHANGED: lambda: back_up(own, source, CHAIN[1:]),
        CHANGED: lambda: back_up(own, source, CHAIN),
        LIST: lambda: print(names_of(own)),
        ONE: lambda: restore(own, (os.fsencode(file),), out),
        ALL: lambda: restore(own, (), out),
        VERIFY: lambda: verify(own),
    }
    steps[step]()


if __name__ == "__main__":
    main()
