"""The licence of a location in memory, and what signs licences for tests."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server_agent.adapters.licence_keys import judged, licence_key_id, raw_of
from server_agent.domain.licence import Server, SignatureState
from server_agent.domain.licence_text import LicenceText, signed_form, written
from server_agent.ports.licence import LICENCE_FILE, LicenceFileError

SERVER = Server("fs-01", ("192.0.2.10", "2001:db8::10"), "Linux x86_64, Debian GNU/Linux 12")
FIELDS: Mapping[str, str] = {
    "number": "2026-0007",
    "customer": "Hafen Logistik",
    "customer_number": "4711",
    "edition": "Standard",
    "modality": "Maintenance",
    "modules": "backup, restore",
    "issued": "2026-03-01T12:00:00Z",
    "valid_from": "2026-03-01",
    "valid_until": "2027-02-28",
    "maintenance_until": "2027-02-28",
    "server_name": "fs-01",
    "addresses": "192.0.2.10",
    "clients": "25",
    "volume": "10 TB",
}


class Signer:
    """Signs licences with a key of its own, the same for the same name."""

    def __init__(self, name: str = "seller") -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
        self.public = self._key.public_key()
        self.id = licence_key_id(raw_of(self.public))

    def licence(self, **changed: str) -> bytes:
        """A licence file; fields that are changed to nothing are left out."""
        fields = {key: value for key, value in {**FIELDS, **changed}.items() if value}
        return written(LicenceText(fields, self.id, self._key.sign(signed_form(fields)))).encode()


SIGNER = Signer()


class MemoryLicenceFiles:
    """The `LicenceFiles` port.

    Attributes:
        content: the file; a test may put one there by hand.
        copies: what was there before, by its name.
        here: what the server is.
        fault: if set, the file cannot be read or written.
    """

    def __init__(self, content: bytes | None = None) -> None:
        self.content = content
        self.copies: dict[str, bytes] = {}
        self.here = SERVER
        self.fault = ""
        self.keys = {SIGNER.id: SIGNER.public}

    def installed(self) -> bytes | None:
        self._check()
        return self.content

    def install(self, content: bytes, now: datetime) -> str:
        self._check()
        kept = ""
        if self.content is not None:
            kept, number = f"{LICENCE_FILE}.{now:%Y%m%d-%H%M%S}", 1
            while kept in self.copies:
                number += 1
                kept = f"{LICENCE_FILE}.{now:%Y%m%d-%H%M%S}-{number}"
            self.copies[kept] = self.content
        self.content = content
        return kept

    def signature(self, key: str, signed: bytes, signature: bytes) -> SignatureState:
        self._check()
        return judged(self.keys, key, signed, signature)

    def server(self) -> Server:
        return self.here

    def _check(self) -> None:
        if self.fault:
            raise LicenceFileError(self.fault)


def altered(content: bytes) -> bytes:
    """With a hundred times as many clients."""
    return content.replace(b"clients = 25", b"clients = 2500")


def with_broken_signature(content: bytes) -> bytes:
    """With another signature than that of its key."""
    text = content.decode()
    begin, _, _ = text.rpartition("value = ")
    return f"{begin}value = {base64.b64encode(bytes(64)).decode()}\n".encode()
