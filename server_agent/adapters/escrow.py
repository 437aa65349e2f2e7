"""Keys of media pools wrapped with a passphrase, as text that may be kept anywhere.

    -----BEGIN SESAM POOL KEY-----
    JSON: format 1, key (its id), pool, location_id, scrypt (salt, n, r, p: RFC 7914), nonce, and
    wrapped: AES-256-GCM of the secret, with the rest of the JSON as associated data
    -----END SESAM POOL KEY-----

Bytes are in Base64. Other text may stand around it: a disaster report holds one for each key.
"""

import base64
import json
import os
import re
from collections.abc import Iterator
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from server_agent.adapters.key_id import key_id_of
from server_agent.ports.keys import KEY_BYTES, PoolKey

BEGIN = "-----BEGIN SESAM POOL KEY-----"
END = "-----END SESAM POOL KEY-----"
FORMAT = 1
SHORTEST_PASSPHRASE = 12
# 128 MiB and about a third of a second for each guess (OWASP Password Storage Cheat Sheet).
_N, _R, _P = 1 << 17, 8, 1
_MOST_N = 1 << 20  # what a text may ask for: 1 GiB
_BLOCK = re.compile(f"{BEGIN}(.*?){END}", re.DOTALL)


class EscrowError(Exception):
    """A text or a passphrase does not give the key. Says why, and what to do."""


def wrap(key: PoolKey, location_id: str, passphrase: str) -> str:
    """The key as text. Raises EscrowError if the passphrase is too short."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise EscrowError(
            f"The passphrase has {len(passphrase)} characters. Choose one of at least"
            f" {SHORTEST_PASSPHRASE}, such as five words that have nothing to do with each other"
        )
    salt, nonce = os.urandom(16), os.urandom(12)
    head: dict[str, Any] = {
        "format": FORMAT,
        "key": key.id,
        "pool": key.pool,
        "location_id": location_id,
        "scrypt": {"salt": _text(salt), "n": _N, "r": _R, "p": _P},
        "nonce": _text(nonce),
    }
    sealed = AESGCM(_derived(passphrase, salt, _N, _R, _P)).encrypt(nonce, key.secret, _bound(head))
    return as_text(head | {"wrapped": _text(sealed)})


def as_text(content: dict[str, Any]) -> str:
    """What is to be kept."""
    return f"{BEGIN}\n{json.dumps(content, indent=1)}\n{END}\n"


def wrapped_in(text: str) -> Iterator[dict[str, Any]]:
    """What a text holds, each to be given to `unwrap`. Raises EscrowError for a damaged one."""
    for match in _BLOCK.finditer(text):
        try:
            content = json.loads(match[1])
            if content["format"] != FORMAT:
                raise EscrowError("The key was exported by a newer version of this program")
            str(content["key"]), content["wrapped"], content["scrypt"]["salt"]
        except (ValueError, LookupError, TypeError) as error:
            raise EscrowError("A key in the text is damaged: it is no JSON of a key") from error
        yield content


def unwrap(content: dict[str, Any], passphrase: str) -> PoolKey:
    """The key. Raises EscrowError."""
    named = str(content["key"])
    try:
        head = {name: value for name, value in content.items() if name != "wrapped"}
        how = content["scrypt"]
        numbers = int(how["n"]), int(how["r"]), int(how["p"])
        if numbers[0] > _MOST_N or numbers[1:] != (_R, _P):
            raise EscrowError(f"The exported key {named} is damaged: its scrypt numbers are absurd")
        derived = _derived(passphrase, _bytes(how["salt"]), *numbers)
        nonce, wrapped = _bytes(content["nonce"]), _bytes(content["wrapped"])
        secret = AESGCM(derived).decrypt(nonce, wrapped, _bound(head))
    except InvalidTag:
        raise EscrowError(
            f"The passphrase does not open the key {named}. It is the one that was chosen when the"
            " key was exported"
        ) from None
    except (ValueError, LookupError, TypeError) as error:
        raise EscrowError(f"The exported key {named} is damaged: {error}") from error
    if len(secret) != KEY_BYTES or key_id_of(secret) != named:
        raise EscrowError(f"The exported key {named} is damaged: it holds another key")
    return PoolKey(named, str(content.get("pool", "")), secret)


def _derived(passphrase: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return Scrypt(salt=salt, length=KEY_BYTES, n=n, r=r, p=p).derive(passphrase.encode())


def _bound(head: dict[str, Any]) -> bytes:
    return json.dumps(head, sort_keys=True).encode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
