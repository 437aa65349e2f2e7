"""Why something asked of a location did not come about. The sentence for people is made in ui."""

from enum import StrEnum

from sesam_master.core.registry import Registration


class Trouble(StrEnum):
    """What kind of failure it is, and so what the desk may do about it.

    UNREACHABLE: no connection; the watch says since when. NO_ANSWER: the deadline passed; what was
    asked may have happened. REFUSED: credential or role. REJECTED: the request cannot be met as it
    is (reason says why). OFF: a person switched the location off; nothing was sent. OBSERVED: this
    desk only observes the location; nothing was sent. INTERNAL: the agent failed, or answered
    something that is not in the contract.
    """

    UNREACHABLE = "unreachable"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    REJECTED = "rejected"
    OFF = "off"
    OBSERVED = "observed"
    INTERNAL = "internal"


class DeskReason(StrEnum):
    """Why the desk itself gave up, beside the reasons that agents give in `errors.proto`.

    NOT_LISTED: the location is not (any more) one of this desk's. ALREADY_LISTED: see
    AlreadyListed. FINGERPRINT_MISMATCH: the server shows `presented`, a person expected `expected`;
    nothing was sent. NOT_REACHED: no connection to a server that is not listed yet; `found` and
    `advice` say at which step. NOT_SUPPORTED: the agent does not know the call. ENROL_UNANSWERED:
    the token was sent and no answer came back.
    """

    NOT_LISTED = "NOT_LISTED"
    ALREADY_LISTED = "ALREADY_LISTED"
    FINGERPRINT_MISMATCH = "FINGERPRINT_MISMATCH"
    NOT_REACHED = "NOT_REACHED"
    NOT_SUPPORTED = "NOT_SUPPORTED"
    ENROL_UNANSWERED = "ENROL_UNANSWERED"


class LocationError(Exception):
    """Attributes:
    location_id: "" when the location is not known yet (enrolment).
    reason: name out of `errors.proto` or of `DeskReason`, or "" when there is none.
    metadata: what the reason is about.
    """

    def __init__(
        self,
        trouble: Trouble,
        location_id: str,
        reason: str = "",
        metadata: dict[str, str] | None = None,
    ) -> None:
        self.trouble = trouble
        self.location_id = location_id
        self.reason = reason
        self.metadata = metadata or {}
        super().__init__(f"{trouble}: {reason} {self.metadata}")


class AlreadyListed(LocationError):
    """The agent that is to be enrolled says that it is a location which is listed already.

    Nothing was changed at this desk. A person has to choose that the listed one gets this agent's
    address, certificate and credential.

    Attributes:
        listed: how the desk knows it now.
        is_token_sent: the agent said so only after it had taken the token, so that another token
            is needed. Otherwise nothing was sent to it.
    """

    def __init__(self, listed: Registration, *, is_token_sent: bool) -> None:
        self.listed = listed
        self.is_token_sent = is_token_sent
        used = "The token is used up; make a new one with sesam-agent token."
        metadata = {
            "name": listed.name,
            "address": listed.address,
            "token": used if is_token_sent else "Nothing was sent.",
        }
        super().__init__(Trouble.REJECTED, listed.location_id, DeskReason.ALREADY_LISTED, metadata)
