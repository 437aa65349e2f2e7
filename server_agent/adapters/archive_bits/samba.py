"""Archive bits as Samba keeps them, in an extended attribute of each file."""

import errno
import os

from server_agent.adapters.archive_bits import dos_attributes

ATTRIBUTE = b"user.DOSATTRIB"
_HAS_NONE = (errno.ENODATA, errno.ENOTSUP)


class SambaBits:
    """`server_agent.ports.attributes.ArchiveBits` where Samba has `store dos attributes = yes`."""

    def is_set(self, path: bytes) -> bool:
        value = _value(path)
        if value is None:
            return False
        try:
            return dos_attributes.read(value).is_archived
        except dos_attributes.NotKnown:
            return True

    def clear(self, path: bytes) -> None:
        value = _value(path)
        if value is None:
            return
        try:
            known = dos_attributes.read(value)
        except dos_attributes.NotKnown as error:
            what = f"{os.fsdecode(ATTRIBUTE)} cannot be understood: {error}"
            raise OSError(errno.EINVAL, what) from error
        if known.is_archived:
            # What somebody puts in the place of the file meanwhile stays as it is if it is a link.
            os.setxattr(
                path, ATTRIBUTE, known.without_archive(), os.XATTR_REPLACE, follow_symlinks=False
            )


def _value(path: bytes) -> bytes | None:
    """None if the file has no such attribute."""
    try:
        return os.getxattr(path, ATTRIBUTE, follow_symlinks=False)
    except OSError as error:
        if error.errno in _HAS_NONE:
            return None
        raise
