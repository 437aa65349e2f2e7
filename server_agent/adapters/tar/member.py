"""What the headers of a tar member say that a listing does not: which one a hard link refers to.

Source: POSIX.1-2017, pax, "pax Interchange Format" and "ustar Interchange Format".
"""

BLOCK_BYTES = 512
_SIZE = slice(124, 136)
_TYPE = slice(156, 157)
_LINK_NAME = slice(157, 257)


def hard_link_target(member: bytes) -> bytes | None:
    """The name of the member that has the data, if this one is a hard link to it; else None.

    Args:
        member: the member from its first header on; what follows the headers may be missing.

    Raises:
        ValueError: it does not begin with headers.
    """
    at = 0
    linked = b""
    while (kind := member[at : at + BLOCK_BYTES][_TYPE]) == b"x":
        size = int(member[at : at + BLOCK_BYTES][_SIZE].rstrip(b"\0 "), 8)
        records = member[at + BLOCK_BYTES : at + BLOCK_BYTES + size]
        linked = _pax_records(records).get(b"linkpath", linked)
        at += BLOCK_BYTES * (1 + -(-size // BLOCK_BYTES))
    if not kind:
        raise ValueError("a member ends within its headers")
    if kind != b"1":
        return None
    return linked or member[at : at + BLOCK_BYTES][_LINK_NAME].partition(b"\0")[0]


def _pax_records(data: bytes) -> dict[bytes, bytes]:
    """Records "LENGTH NAME=VALUE\\n"; the length counts the whole record."""
    records: dict[bytes, bytes] = {}
    at = 0
    while at < len(data):
        length, _, _ = data[at : at + 20].partition(b" ")
        name, _, value = data[at + len(length) + 1 : at + int(length) - 1].partition(b"=")
        records[name] = value
        at += int(length)
    return records
