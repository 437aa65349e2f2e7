"""Moves a restored file into its place in one step, in which nothing goes that has to stay."""

import contextlib
import ctypes
import errno
import os

from server_agent.adapters.tar.standing import standing_now
from server_agent.domain.overwriting import OverwriteRule, Standing, Verdict, verdict

CAME_MEANWHILE = "something came to its place while the restore ran, and stays"
_LIBC = ctypes.CDLL(None, use_errno=True)
_AT_FDCWD = -100
_NO_REPLACE, _EXCHANGE = 1, 2  # flags of renameat2(2)
# Of a file system or a C library that cannot do it.
_UNABLE = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP})
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})


def move(source: bytes, place: bytes, rule: OverwriteRule, modify_ns: int) -> None:
    """Both lie on the same file system. An old version may be at `source` afterwards.

    Args:
        modify_ns: when that was modified which comes.

    Raises:
        FileExistsError: what is there has to stay by the rule.
        OSError: it cannot be moved.
    """
    if rule is OverwriteRule.ALWAYS:
        os.rename(source, place)
        return
    try:
        move_new(source, place)
    except FileExistsError:
        if rule is not OverwriteRule.IF_OLDER:
            raise
        _replace_older(source, place, modify_ns)


def move_new(source: bytes, place: bytes) -> None:
    """Raises FileExistsError if anything is in the place."""
    try:
        _rename(source, place, _NO_REPLACE)
    except OSError as error:
        if error.errno not in _UNABLE:
            raise _came(error) from error
        _link_new(source, place)


def _link_new(source: bytes, place: bytes) -> None:
    """The same where a file system has no such rename: NFS, and many in user space."""
    try:
        os.link(source, place, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise _came(error) from error
        if os.path.lexists(place):  # without links there is no better way than to look before
            raise FileExistsError(errno.EEXIST, CAME_MEANWHILE) from error
        os.rename(source, place)
        return
    os.unlink(source)


def may_go(standing: Standing | None, rule: OverwriteRule, modify_ns: int) -> bool:
    """Whether a file may come where this is; nothing may always go."""
    says = verdict(rule, standing, is_directory=False, modify_ns=modify_ns)
    return says in (Verdict.CREATE, Verdict.REPLACE)


def _replace_older(source: bytes, place: bytes, modify_ns: int) -> None:
    """What was in the place is looked at when nobody else can exchange it any more."""
    try:
        _rename(source, place, _EXCHANGE)
    except FileNotFoundError:
        move_new(source, place)  # it has just gone
        return
    except OSError as error:
        if error.errno not in _UNABLE:
            raise
        if not may_go(standing_now(place), OverwriteRule.IF_OLDER, modify_ns):
            raise FileExistsError(errno.EEXIST, CAME_MEANWHILE) from error
        os.rename(source, place)
        return
    was = standing_now(source)
    if was is not None and was.is_directory:
        _rename(source, place, _EXCHANGE)
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not may_go(was, OverwriteRule.IF_OLDER, modify_ns):
        _rename(source, place, _EXCHANGE)
        raise FileExistsError(errno.EEXIST, CAME_MEANWHILE)


def _rename(source: bytes, place: bytes, flags: int) -> None:
    """See renameat2(2). Raises OSError."""
    with contextlib.suppress(AttributeError):  # a C library without it
        if not _LIBC.renameat2(_AT_FDCWD, source, _AT_FDCWD, place, flags):
            return
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), place)
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))


def _came(error: OSError) -> OSError:
    if error.errno != errno.EEXIST:
        return error
    return FileExistsError(errno.EEXIST, CAME_MEANWHILE)
