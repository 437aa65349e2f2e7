"""Numbers of a file system as a listing can hold them: SQLite's have 64 bits, one of them a sign.

ext4 knows times up to 2446 and others far more, which in nanoseconds are too many for that; an
inode's number has no sign, and file systems that are put together of others use all of its bits.
"""

_LEAST, _MOST = -(1 << 63), (1 << 63) - 1


def kept_time(time_ns: int) -> int:
    """Nanoseconds since 1970. What lies before 1677 or behind 2262 is kept as the nearest that can
    be; tar knows it as it is."""
    return time_ns if _LEAST <= time_ns <= _MOST else min(max(time_ns, _LEAST), _MOST)


def is_nearest(kept_ns: int) -> bool:
    """Whether a time that is kept stands for one that cannot be."""
    return kept_ns in (_LEAST, _MOST)


def kept_times(times_ns: list[int]) -> list[int]:
    """The same of many."""
    if min(times_ns, default=0) >= _LEAST and max(times_ns, default=0) <= _MOST:
        return times_ns
    return [kept_time(time_ns) for time_ns in times_ns]


def kept_inode(number: int) -> int:
    """Another number for each of 64 bits."""
    return number if number <= _MOST else number - (1 << 64)
