"""How a row of a scan enters a listing, and what of the base's row of the same path and kind has to
be the same so that it takes over where the data lie.

Whatever tells what has changed, what the base does not have is saved, and so is what has another
size or time than it has there: a stamp or a bit alone would miss a file that was put in the place
of another.
"""

from server_agent.domain.task_options import TimeReference
from server_agent.ports import BackupRequest

COLUMNS = (
    *("dir", "name", "kind", "inode", "device", "links", "size", "modify_ns", "change_ns"),
    *("mode", "uid", "gid", "target"),
)
_INSERT = """
WITH found({columns}) AS (VALUES {rows})
INSERT OR REPLACE INTO entry
SELECT found.dir, found.kind <> 'd', found.name, found.kind, found.inode, found.device,
    found.links, found.size, found.modify_ns, found.change_ns, found.mode, found.uid, found.gid,
    found.target, {place}, NULL
FROM found {base}
"""
_PLACE = "base.home, base.block, base.blocks"
_BASE = """
LEFT JOIN base.entry AS base ON base.dir = found.dir AND base.leaf = (found.kind <> 'd')
AND base.name = found.name AND base.kind = found.kind AND {}
"""

# change_ns is NULL of what is not in the base as it was.
_SAME_TIMES = """base.size = found.size AND base.modify_ns = found.modify_ns
AND base.change_ns = found.change_ns"""
SAME = f"base.inode = found.inode AND {_SAME_TIMES}"
# The stamp alone would miss what a clock that has been put back since then tells to be older.
_NOT_AFTER = f"{_SAME_TIMES} AND max(found.modify_ns, found.change_ns) < {{}}"
# Whoever clears a bit changes change_ns, so that it cannot be compared.
_BUT_FOR_THE_BIT = f"""CASE WHEN found.kind = 'f' THEN base.inode = found.inode
AND base.size = found.size AND base.modify_ns = found.modify_ns AND base.change_ns NOT NULL
AND base.mode = found.mode AND base.uid = found.uid AND base.gid = found.gid ELSE {SAME} END"""


def entering(rows: int, same: str = "") -> str:
    """The statement that enters so many rows, their `COLUMNS` one after the other.

    Args:
        same: if the database `base` is attached, what has to hold so that a row takes over what
            that has of it.
    """
    row = f"({', '.join('?' * len(COLUMNS))})"
    return _INSERT.format(
        columns=", ".join(COLUMNS),
        rows=", ".join([row] * rows),
        place=_PLACE if same else "NULL, NULL, NULL",
        base=_BASE.format(same) if same else "",
    )


def same_as_base(request: BackupRequest) -> str:
    """What has to hold of the rows `found` and `base`."""
    match request.options.time_reference if request.since_ns else TimeReference.DATABASE:
        case TimeReference.TIME_STAMP_FILE:
            return _NOT_AFTER.format(request.since_ns)
        case TimeReference.ARCHIVE_BIT:
            return _BUT_FOR_THE_BIT
        case _:
            return SAME
