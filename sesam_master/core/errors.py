"""Why something asked of a location did not come about. The sentence for people is made in ui."""

from enum import StrEnum


class Trouble(StrEnum):
    """What kind of failure it is, and so what the desk may do about it.

    UNREACHABLE: no connection; the watch says since when. NO_ANSWER: the deadline passed; what was
    asked may have happened. REFUSED: credential or role. REJECTED: the request cannot be met as it
    is (reason says why). OFF: a person switched the location off; nothing was sent. INTERNAL: the
    agent failed, or answered something that is not in the contract.
    """

    UNREACHABLE = "unreachable"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    REJECTED = "rejected"
    OFF = "off"
    INTERNAL = "internal"


class LocationError(Exception):
    """Attributes:
    location_id: "" when the location is not known yet (enrolment).
    reason: name out of `errors.proto`, or "" when the location gave none.
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
