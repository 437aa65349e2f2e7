"""The passphrase of the desk lock, as a key that scrypt (RFC 7914) made of it.

The lock keeps people away who come by. It protects nothing from those who may read and write the
files of this account.
"""

import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sesam_master.core.control_source import LockState, WrongPassphrase
from sesam_master.core.registry import KeepingError
from sesam_master.storage import atomic, file_lock

FORMAT = 1
LEAST_CHARACTERS = 6
LONGEST_IDLE_MINUTES = 24 * 60
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**16, 8, 1  # 64 MiB and about 0.2 s for each guess
_SCRYPT_MEMORY = 2 * 128 * _SCRYPT_N * _SCRYPT_R
_SALT_BYTES = 16
_KEY_BYTES = 32
_FREE_TRIES = 3  # people mistype
_LONGEST_WAIT = 300.0


@dataclass(frozen=True, slots=True)
class _Kept:
    """`wrong` counts the wrong tries since the last right one, the last at `wrong_time`, in
    seconds since 1970."""

    salt: bytes = b""
    key: bytes = b""
    idle_minutes: int = 0
    locks_at_start: bool = True
    wrong: int = 0
    wrong_time: float = 0.0

    @property
    def state(self) -> LockState:
        return LockState(bool(self.key), self.idle_minutes, self.locks_at_start)


class LockFile:
    """Implements core.control_source.LockStore. `clock` tells seconds since 1970."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock

    def state(self) -> LockState:
        return self._read().state

    def check(self, passphrase: str, /) -> None:
        try:
            with file_lock.locked(self._path):
                self._check(self._read(), passphrase)
        except OSError as error:
            raise self._unwritten(error) from error

    def set(self, passphrase: str, new: str, state: LockState, /) -> LockState:
        if state.is_set and new and len(new) < LEAST_CHARACTERS:
            raise KeepingError(
                f"The passphrase has {len(new)} characters. Choose one of {LEAST_CHARACTERS} or "
                "more."
            )
        if not 0 <= state.idle_minutes <= LONGEST_IDLE_MINUTES:
            raise KeepingError(f"A desk locks after 1 to {LONGEST_IDLE_MINUTES} minutes, or never.")
        try:
            with file_lock.locked(self._path):
                kept = self._check(self._read(), passphrase)
                if not state.is_set:
                    kept = _Kept()
                elif new:
                    salt = os.urandom(_SALT_BYTES)
                    kept = _Kept(salt, _key(new, salt))
                elif not kept.key:
                    raise KeepingError("The passphrase is empty. Type one.")
                kept = replace(
                    kept, idle_minutes=state.idle_minutes, locks_at_start=state.locks_at_start
                )
                self._write(kept)
        except OSError as error:
            raise self._unwritten(error) from error
        return kept.state

    def _check(self, kept: _Kept, passphrase: str) -> _Kept:
        """What is kept after it. A wrong try is entered before it is looked at, so that a program
        that is ended meanwhile has not had it for nothing."""
        if not kept.key:
            return kept
        wait = self._wait(kept)
        if wait > 0:
            raise WrongPassphrase(f"Too many wrong tries. Wait {_seconds(wait)}.", wait)
        tried = replace(kept, wrong=kept.wrong + 1, wrong_time=self._clock())
        self._write(tried)
        if not hmac.compare_digest(_key(passphrase, kept.salt), kept.key):
            wait = self._wait(tried)
            hint = f" Wait {_seconds(wait)} before the next try." if wait else ""
            raise WrongPassphrase(f"This is not the passphrase.{hint}", wait)
        right = replace(kept, wrong=0, wrong_time=0.0)
        self._write(right)
        return right

    def _wait(self, kept: _Kept) -> float:
        """Doubled with each wrong try. A clock that was set back begins the wait anew."""
        extra = kept.wrong - _FREE_TRIES
        if extra < 0:
            return 0.0
        whole = min(_LONGEST_WAIT, 2.0 ** min(extra, 20))
        passed = max(0.0, self._clock() - kept.wrong_time)
        return max(0.0, whole - passed)

    def _read(self) -> _Kept:
        try:
            document = json.loads(self._path.read_bytes())
            found = int(document["format"])
            if found > FORMAT:
                raise KeepingError(
                    f"The desk lock {self._path} has format {found}; this desk reads formats up to "
                    f"{FORMAT}. Use the newer desk that wrote it."
                )
            return _kept(document)
        except FileNotFoundError:
            return _Kept()
        except OSError as error:
            raise KeepingError(
                f"The desk lock {self._path} cannot be read ({error.strerror}). Check the rights "
                "of the file."
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise KeepingError(
                f"The desk lock {self._path} is damaged ({error}) and stays as it is. Put a good "
                "copy in its place, or move it away to begin without a passphrase."
            ) from error

    def _write(self, kept: _Kept) -> None:
        """Raises OSError."""
        document = {
            "format": FORMAT,
            "salt": base64.b64encode(kept.salt).decode("ascii"),
            "key": base64.b64encode(kept.key).decode("ascii"),
            "idle_minutes": kept.idle_minutes,
            "locks_at_start": kept.locks_at_start,
            "wrong": kept.wrong,
            "wrong_time": kept.wrong_time,
        }
        atomic.replace(self._path, json.dumps(document, indent=1).encode("ascii"))

    def _unwritten(self, error: OSError) -> KeepingError:
        return KeepingError(
            f"The desk lock {self._path} cannot be written ({error.strerror}). Nothing was "
            "changed; check rights and free space."
        )


def _kept(document: dict[str, Any]) -> _Kept:
    """Raises ValueError, KeyError or TypeError."""
    kept = _Kept(
        salt=base64.b64decode(document["salt"], validate=True),
        key=base64.b64decode(document["key"], validate=True),
        idle_minutes=document["idle_minutes"],
        locks_at_start=document["locks_at_start"],
        wrong=document["wrong"],
        wrong_time=float(document["wrong_time"]),
    )
    if type(kept.idle_minutes) is not int or type(kept.wrong) is not int:
        raise TypeError("a number has a wrong type")
    if type(kept.locks_at_start) is not bool:
        raise TypeError("a switch has a wrong type")
    if kept.key and (len(kept.key) != _KEY_BYTES or len(kept.salt) != _SALT_BYTES):
        raise ValueError("the key has a wrong length")
    return kept


def _key(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        passphrase.encode(),
        salt=salt,
        n=_SCRYPT_N,
        r=_SCRYPT_R,
        p=_SCRYPT_P,
        maxmem=_SCRYPT_MEMORY,
        dklen=_KEY_BYTES,
    )


def _seconds(wait: float) -> str:
    whole = max(1, round(wait))
    return f"{whole} s" if whole < 100 else f"{round(whole / 60)} min"
