"""What a key of a media pool is called: enough to tell a wrong one, and nothing of the secret."""

import hashlib

_PURPOSE = b"sesam pool key id\0"


def key_id_of(secret: bytes) -> str:
    """16 hexadecimal digits."""
    return hashlib.sha256(_PURPOSE + secret).hexdigest()[:16]
