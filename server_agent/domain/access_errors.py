"""Why somebody is not let in, or not let do what they ask. Each class is one reason of
`errors.proto`, as in `errors`.

DomainError
├── NotAuthenticated: CredentialUnknown
├── TokenUnknown, TokenUsed, TokenExpired, TokenRevoked
├── NotFound: CredentialNotFound, TokenNotFound, ApprovalNotFound
├── OutOfScope
├── TooManyTries, LockedOut
├── OtpRequired, OtpWrong
└── ApprovalNeeded, ApprovalDecided, ApproverNeeded
"""

from server_agent.domain.errors import DomainError, NotAuthenticated, NotFound


class CredentialUnknown(NotAuthenticated):
    """Not one of this agent's, now or before; told as NotAuthenticated to who tried it."""


class TokenUnknown(DomainError):
    """Not one of this agent's tokens."""

    reason = "TOKEN_UNKNOWN"


class TokenUsed(DomainError):
    """Metadata: used_time."""

    reason = "TOKEN_USED"


class TokenExpired(DomainError):
    """Metadata: expire_time."""

    reason = "TOKEN_EXPIRED"


class TokenRevoked(DomainError):
    """Metadata: revoke_time."""

    reason = "TOKEN_REVOKED"


class CredentialNotFound(NotFound):
    """Metadata: credential."""

    reason = "CREDENTIAL_NOT_FOUND"


class TokenNotFound(NotFound):
    """Metadata: token (its id)."""

    reason = "TOKEN_NOT_FOUND"


class ApprovalNotFound(NotFound):
    """Metadata: approval."""

    reason = "APPROVAL_NOT_FOUND"


class OutOfScope(DomainError):
    """The credential is limited to other names. Metadata: limit, name (empty: the act is about no
    such thing), allowed."""

    reason = "OUT_OF_SCOPE"


class TooManyTries(DomainError):
    """Metadata: seconds."""

    reason = "TOO_MANY_TRIES"


class LockedOut(DomainError):
    """After too many failed tries. Metadata: seconds."""

    reason = "LOCKED_OUT"


class OtpRequired(DomainError):
    """The act needs a one-time code. Metadata: group, enrolled (yes or no)."""

    reason = "OTP_REQUIRED"


class OtpWrong(DomainError):
    """The one-time code is wrong, over, or was used before. Metadata: group."""

    reason = "OTP_WRONG"


class ApprovalNeeded(DomainError):
    """It is kept until a second administrator approves it. Metadata: approval, expire_time."""

    reason = "APPROVAL_NEEDED"


class ApprovalDecided(DomainError):
    """It does not wait any more. Metadata: approval, state."""

    reason = "APPROVAL_DECIDED"


class ApproverNeeded(DomainError):
    """Who asked for an act does not approve it. Metadata: approval, holder."""

    reason = "APPROVER_NEEDED"
