"""Made-up listings of clients, as large as wanted, with the same names every time."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from server_agent.ports.listings import Listed
from server_agent.ports.names import NamedSaveset, Names

SEED = 2026
FILES_PER_DIRECTORY = 12
AT_ONCE = 20_000  # as the agent does
MODIFIED_NS = 1_700_000_000_123_456_789
_ENDINGS = b"pdf docx xlsx jpg png txt c h py html eml zip".split()
_REPEATED = (b"index.html", b"README.md", b".gitignore", b"Thumbs.db", b"__init__.py")


def saveset(client: int, number: int, base: NamedSaveset | None = None) -> NamedSaveset:
    letter = "F" if base is None else "I"
    return NamedSaveset(
        name=f"S{letter}{client:05d}{number:012d}@abcdefghijk",
        client=f"fs-{client:03d}",
        task=f"data-{client:03d}",
        base=base.name if base is not None else None,
        sesam_day=date(2026, 1, 1) + timedelta(days=number),
        start_time=datetime(2026, 1, 1, 21, tzinfo=UTC) + timedelta(days=number),
        number=number * 1000 + client,
    )


def listing(client: int, entries: int, home: str) -> Iterator[Listed]:
    """So many files of a client, in the order of a listing; every tenth has a common name."""
    draw = random.Random(SEED + client)
    words = [
        bytes(draw.choices(b"abcdefghijklmnopqrstuvwxyz", k=draw.randint(3, 9)))
        for _ in range(3000)
    ]
    made = directory = 0
    while made < entries:
        group = directory // 4096
        place = b"/srv/data/%04d-%s/project-%04d" % (group, words[group], directory % 4096)
        directory += 1
        names = set()
        for _ in range(min(FILES_PER_DIRECTORY, entries - made)):
            if draw.random() < 0.1:
                names.add(draw.choice(_REPEATED))
            else:
                parts = (draw.choice(words), draw.choice(words), draw.randrange(100_000))
                names.add(b"%s-%s-%05d.%s" % (*parts, draw.choice(_ENDINGS)))
        for name in sorted(names):
            yield place, name, "f", draw.randrange(1 << 22), MODIFIED_NS + made, home
            made += 1


def changed(rows: Iterator[Listed], share: int, home: str) -> Iterator[Listed]:
    """The same listing with one of so many files changed."""
    for number, row in enumerate(rows):
        if number % share == 7:
            directory, name, kind, size, modified, _ = row
            row = (directory, name, kind, size + 1, modified + 1_000_000_000, home)
        yield row


def enter(names: Names, made: NamedSaveset, rows: Iterator[Listed]) -> int:
    """Enters a listing as the agent does; returns how many entries it has."""
    after: str | None = None
    count = 0
    piece: list[Listed] = []
    for row in rows:
        piece.append(row)
        if len(piece) == AT_ONCE:
            count += len(piece)
            names.enter(made, after, piece, str(count))
            after, piece = str(count), []
    names.enter(made, after, piece, None)
    return count + len(piece)
