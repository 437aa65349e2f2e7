"""One measured step of the tar engine, in a process of its own: `benchmarks.engine` starts it.

`python -m benchmarks.engine_run full|inc|listing STORE SOURCE`
"""

import os
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from server_agent.adapters.tar.client import LocalClient
from server_agent.adapters.tar.engine import TarEngine
from server_agent.adapters.tar.listing import ListingWriter
from server_agent.adapters.tar.names import member_name
from server_agent.adapters.tar.scan import Scan
from server_agent.adapters.tar.store import write_label
from server_agent.adapters.tar.transfer import Index
from server_agent.domain.savesets import BackupType
from server_agent.ports import BackupRequest, SavesetRef

LABEL = "BENCH00001"
LOCATION_ID = "00000000-0000-4000-8000-000000000001"
DAY = date(2026, 1, 1)
FULL = SavesetRef("SF20260101080000000@abcdefghijk", LABEL, DAY, None)
INC = SavesetRef("SI20260101090000000@abcdefghijk", LABEL, DAY, FULL.name)
INDEX_BATCH = 4000  # lines that tar writes in about a fifth of a second


class NoCancel:
    """The control of a backup that nobody stops."""

    cancelled = False

    def on_cancel(self, callback: object) -> None:
        """Never called back."""


def engine_at(store: Path) -> TarEngine:
    return TarEngine(store / "store", store / "lis", store / "tmp", LOCATION_ID)


def back_up(store: Path, source: Path, saveset: SavesetRef) -> None:
    request = BackupRequest(
        saveset=saveset.name,
        type=BackupType(saveset.name[1]),
        label=LABEL,
        sesam_day=DAY,
        sources=(os.fsencode(source),),
        excludes=(),
        base=(FULL,) if saveset.base else (),
        facts={"task": "benchmark"},
    )
    for event in engine_at(store).backup(request, NoCancel()):
        last = event
    print(last)


def list_only(store: Path, source: Path) -> None:
    """What the listing of a FULL costs without the data: find, rows, names for tar, its index,
    places."""
    path = store / "listing-only.db"
    with ListingWriter(path, FULL.name, (os.fsencode(source),), NoCancel()) as listing:
        client, root = LocalClient(), os.fsencode(source)
        survey = client.survey([root], NoCancel())
        for _ in Scan(root, (), (), listing, client, survey, NoCancel()).run():
            pass
        listing.end_scan()
        names = [member_name(path) for path in listing.paths_to_save()]
        (store / "names").write_bytes(b"\0".join(names))
        index = Index()
        for batch in _index_lines(names):
            index.take(batch)
            listing.place(index.members)
            index.members.clear()
        listing.finish()
    path.unlink()


def _index_lines(names: list[bytes]) -> Iterator[bytes]:
    for start in range(0, len(names), INDEX_BATCH):
        batch = names[start : start + INDEX_BATCH]
        yield b"".join(
            b"block %d: %s\n" % (number * 4, name) for number, name in enumerate(batch, start)
        )


def main() -> None:
    step, store, source = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    data_store = store / "store" / LABEL
    if not data_store.exists():
        data_store.mkdir(parents=True)
        write_label(data_store, LABEL, LOCATION_ID)
    if step == "listing":
        list_only(store, source)
    else:
        back_up(store, source, {"full": FULL, "inc": INC}[step])


if __name__ == "__main__":
    main()
