"""Secrets of one-time codes in memory; the code of a step is its last six digits, and a letter of
the secret does not matter."""

from datetime import datetime

from server_agent.ports.otp import OtpSecret

STEP_SECONDS = 30


class MemoryOtp:
    """The `OtpSecrets` port.

    Attributes:
        kept: by the ids of credentials; a test takes one away to lose it.
    """

    def __init__(self) -> None:
        self.kept: dict[str, OtpSecret] = {}
        self._made = 0

    def make(self, credential_id: str) -> OtpSecret:
        self._made += 1
        secret = OtpSecret(f"SECRET{self._made}")
        self.put(credential_id, secret)
        return secret

    def get(self, credential_id: str) -> OtpSecret | None:
        return self.kept.get(credential_id)

    def put(self, credential_id: str, secret: OtpSecret) -> None:
        self.kept[credential_id] = secret

    def remove(self, credential_id: str) -> None:
        self.kept.pop(credential_id, None)

    def ids(self) -> frozenset[str]:
        return frozenset(self.kept)

    def step_of(self, secret: OtpSecret, code: str, now: datetime) -> int | None:
        present = int(now.timestamp()) // STEP_SECONDS
        steps = (present, present - 1, present + 1)
        return next((step for step in steps if code == self.code(secret, step)), None)

    def uri(self, secret: OtpSecret, holder: str, location: str) -> str:
        return f"otpauth://totp/{location}:{holder}?secret={secret.text}"

    def code(self, secret: OtpSecret, step: int) -> str:
        """The code of a step."""
        return f"{(step + sum(secret.text.encode())) % 1_000_000:06}"

    def code_at(self, secret: OtpSecret, now: datetime) -> str:
        """The code of a moment."""
        return self.code(secret, int(now.timestamp()) // STEP_SECONDS)
