"""What the screens ask about access to locations, without knowing how it gets there."""

from typing import Protocol

from sesam_master.core.access import AccessPicture, Approval, NewToken, TokenOrder


class AccessSource(Protocol):
    """Coroutines of the network thread; each has its own deadline and raises LocationError. What
    changes something may be refused with APPROVAL_NEEDED, OTP_REQUIRED and OTP_WRONG; `otp` is the
    one-time code, empty for none."""

    async def access(self, location_id: str) -> AccessPicture:
        """Reasons: ROLE_REQUIRED, NOT_SUPPORTED by an older agent."""

    async def make_token(
        self, location_id: str, order: TokenOrder, request_id: str, otp: str = ""
    ) -> NewToken:
        """Reasons: INVALID_ARGUMENT, OUT_OF_SCOPE."""

    async def revoke_token(
        self, location_id: str, token_id: str, request_id: str, otp: str = ""
    ) -> None:
        """Reasons: TOKEN_NOT_FOUND."""

    async def revoke_credential(
        self, location_id: str, credential_id: str, request_id: str, otp: str = ""
    ) -> None:
        """Reasons: CREDENTIAL_NOT_FOUND."""

    async def give_code(self, location_id: str, otp: str) -> None:
        """A one-time code that goes with the next change at the location, whatever it is."""

    async def decide_approval(
        self, location_id: str, approval_id: str, approves: bool, request_id: str, otp: str = ""
    ) -> Approval:
        """Reasons: APPROVAL_NOT_FOUND, APPROVAL_DECIDED, APPROVER_NEEDED."""
