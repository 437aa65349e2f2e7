"""Access to locations, as a gateway in memory answers it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sesam_master.core.access import (
    AccessPicture,
    Approval,
    ApprovalState,
    NewToken,
    TokenOrder,
)
from sesam_master.core.errors import LocationError

NOBODY = AccessPicture((), (), (), (), four_eyes=False)


@dataclass
class FakeAccessGateway:
    """The part of a fake gateway that knows who may talk to locations.

    Attributes:
        accesses: by location.
        no_access: raised by every question for it.
        access_refusals: raised by the next changes, one each.
        access_changes: what was changed: location, what, its argument, code.
    """

    accesses: dict[str, AccessPicture] = field(default_factory=dict)
    no_access: LocationError | None = None
    access_refusals: list[LocationError] = field(default_factory=list)
    access_changes: list[tuple[str, str, object, str]] = field(default_factory=list)
    access_requests: list[str] = field(default_factory=list)
    given_codes: list[tuple[str, str]] = field(default_factory=list)

    async def access(self, location_id: str) -> AccessPicture:
        if self.no_access is not None:
            raise self.no_access
        return self.accesses.get(location_id, NOBODY)

    async def make_token(
        self, location_id: str, order: TokenOrder, request_id: str, otp: str = ""
    ) -> NewToken:
        self._change(location_id, "make token", order, request_id, otp)
        return NewToken("abcd-efgh-ijkl-mnop", datetime(2026, 3, 1, 13, tzinfo=UTC))

    async def revoke_token(
        self, location_id: str, token_id: str, request_id: str, otp: str = ""
    ) -> None:
        self._change(location_id, "revoke token", token_id, request_id, otp)

    async def revoke_credential(
        self, location_id: str, credential_id: str, request_id: str, otp: str = ""
    ) -> None:
        self._change(location_id, "revoke credential", credential_id, request_id, otp)

    async def decide_approval(
        self, location_id: str, approval_id: str, approves: bool, request_id: str, otp: str = ""
    ) -> Approval:
        what = "approve" if approves else "refuse"
        self._change(location_id, what, approval_id, request_id, otp)
        known = {each.id: each for each in self.accesses[location_id].approvals}
        state = ApprovalState.DONE if approves else ApprovalState.REFUSED
        return replace(known[approval_id], state=state, decider="desk")

    async def give_code(self, location_id: str, otp: str) -> None:
        self.given_codes.append((location_id, otp))

    def _change(
        self, location_id: str, what: str, argument: object, request_id: str, otp: str
    ) -> None:
        self.access_requests.append(request_id)
        if self.access_refusals:
            raise self.access_refusals.pop(0)
        self.access_changes.append((location_id, what, argument, otp))
