"""Secrets of one-time codes (TOTP, RFC 6238: SHA-1, 6 digits, 30 seconds)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class OtpSecret:
    """Attributes:
    text: base32, never said in any text.
    last_step: the newest step whose code was taken; each code is good once.
    last_request: the id of the request it was taken for; empty for a call that only reads.
    """

    text: str = field(repr=False)
    last_step: int = -1
    last_request: str = ""


class OtpSecretError(Exception):
    """The secret of a credential cannot be read; the text says why."""


class OtpSecrets(Protocol):
    """Where the secrets are, by the ids of credentials. No saveset ever holds them. Any thread may
    call any method. What writes raises OSError."""

    def make(self, credential_id: str) -> OtpSecret:
        """A new secret, kept durably, in place of one that there was."""

    def get(self, credential_id: str) -> OtpSecret | None:
        """None if it has none. Raises OtpSecretError."""

    def put(self, credential_id: str, secret: OtpSecret) -> None:
        """Keeps it durably, in place of what there was."""

    def remove(self, credential_id: str) -> None:
        """Nothing if there is none."""

    def ids(self) -> frozenset[str]:
        """The credentials that have one."""

    def step_of(self, secret: OtpSecret, code: str, now: datetime) -> int | None:
        """The step whose code that is, the present one or one beside it: clocks differ. None for
        any other code."""

    def uri(self, secret: OtpSecret, holder: str, location: str) -> str:
        """What authenticator programs take (otpauth://)."""
