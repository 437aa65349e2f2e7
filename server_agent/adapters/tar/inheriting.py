"""How a row of a scan enters a listing, and what of the base's row of the same path and kind has to
be the same so that it takes over where the data lie.

Whatever tells what has changed, what the base does not have is saved, and so is what has another
size or time than it has there: a stamp or a bit alone would miss a file that was put in the place
of another.
"""

from server_agent.domain.task_options import TimeReference
from server_agent.ports import BackupRequest

_INSERT = """
INSERT OR REPLACE INTO entry
SELECT ?1, ?3 <> 'd', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, {}
"""
_FROM_BASE = """base.home, base.block, base.blocks, NULL
FROM (SELECT 1) LEFT JOIN base.entry AS base
ON base.dir = ?1 AND base.leaf = (?3 <> 'd') AND base.name = ?2 AND base.kind = ?3 AND {}
"""
NEW = _INSERT.format("NULL, NULL, NULL, NULL")

# change_ns is NULL of what is not in the base as it was.
_SAME_TIMES = "base.size = ?7 AND base.modify_ns = ?8 AND base.change_ns = ?9"
SAME = f"base.inode = ?4 AND {_SAME_TIMES}"
# The stamp alone would miss what a clock that has been put back since then tells to be older.
_NOT_AFTER = f"{_SAME_TIMES} AND max(?8, ?9) < {{}}"
# Whoever clears a bit changes change_ns, so that it cannot be compared.
_BUT_FOR_THE_BIT = f"""CASE WHEN ?3 = 'f' THEN base.inode = ?4 AND base.size = ?7
AND base.modify_ns = ?8 AND base.change_ns NOT NULL AND base.mode = ?10 AND base.uid = ?11
AND base.gid = ?12 ELSE {SAME} END"""


def building_on(same: str) -> str:
    """The statement that enters a row with what the base has of it, if `same` holds."""
    return _INSERT.format(_FROM_BASE.format(same))


def same_as_base(request: BackupRequest) -> str:
    """What has to hold of the parameters of the statement and the row `base`."""
    match request.options.time_reference if request.since_ns else TimeReference.DATABASE:
        case TimeReference.TIME_STAMP_FILE:
            return _NOT_AFTER.format(request.since_ns)
        case TimeReference.ARCHIVE_BIT:
            return _BUT_FOR_THE_BIT
        case _:
            return SAME
