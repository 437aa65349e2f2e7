"""What a refusal looks like on the wire: one table from the domain's reasons to gRPC's codes."""

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from server_agent.domain import access_errors, errors

DOMAIN = "sesam"
LONGEST_TEXT = 500  # characters; the status travels in a trailer, which peers limit to 8 KiB

CODES: dict[type[errors.DomainError], grpc.StatusCode] = {
    errors.DomainError: grpc.StatusCode.FAILED_PRECONDITION,
    errors.InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    errors.WrongLocation: grpc.StatusCode.FAILED_PRECONDITION,
    errors.RequestIdRequired: grpc.StatusCode.INVALID_ARGUMENT,
    errors.RequestIdReused: grpc.StatusCode.INVALID_ARGUMENT,
    errors.NotAuthenticated: grpc.StatusCode.UNAUTHENTICATED,
    errors.RoleRequired: grpc.StatusCode.PERMISSION_DENIED,
    access_errors.TokenUnknown: grpc.StatusCode.UNAUTHENTICATED,
    access_errors.TokenUsed: grpc.StatusCode.UNAUTHENTICATED,
    access_errors.TokenExpired: grpc.StatusCode.UNAUTHENTICATED,
    access_errors.TokenRevoked: grpc.StatusCode.UNAUTHENTICATED,
    access_errors.OutOfScope: grpc.StatusCode.PERMISSION_DENIED,
    access_errors.OtpRequired: grpc.StatusCode.PERMISSION_DENIED,
    access_errors.OtpWrong: grpc.StatusCode.PERMISSION_DENIED,
    access_errors.ApproverNeeded: grpc.StatusCode.PERMISSION_DENIED,
    errors.NotFound: grpc.StatusCode.NOT_FOUND,
    errors.AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    errors.ChangedMeanwhile: grpc.StatusCode.ABORTED,
    errors.PageTokenInvalid: grpc.StatusCode.INVALID_ARGUMENT,
    errors.WatchOverflow: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.SavesetDamaged: grpc.StatusCode.DATA_LOSS,
    errors.ListingUnreadable: grpc.StatusCode.UNAVAILABLE,
    errors.SavesetUnreadable: grpc.StatusCode.UNAVAILABLE,
    errors.ClientUnusable: grpc.StatusCode.FAILED_PRECONDITION,
    errors.ShuttingDown: grpc.StatusCode.UNAVAILABLE,
    errors.NoSpace: grpc.StatusCode.RESOURCE_EXHAUSTED,
    access_errors.TooManyTries: grpc.StatusCode.RESOURCE_EXHAUSTED,
    access_errors.LockedOut: grpc.StatusCode.RESOURCE_EXHAUSTED,
}


def code_of(error: errors.DomainError) -> grpc.StatusCode:
    """The code of the nearest class that has one."""
    return next(CODES[cls] for cls in type(error).__mro__ if cls in CODES)


def refusal(error: errors.DomainError) -> grpc.Status:
    """The status of a call that was refused."""
    return _status(code_of(error), str(error), error.reason, error.metadata)


def failure(incident: str) -> grpc.Status:
    """The status of a call in which the agent failed; what happened stands in its log only."""
    text = f"The agent failed unexpectedly, incident {incident}"
    return _status(grpc.StatusCode.INTERNAL, text, "INTERNAL", {"incident": incident})


def _status(code: grpc.StatusCode, text: str, reason: str, metadata: dict[str, str]) -> grpc.Status:
    info = error_details_pb2.ErrorInfo(
        reason=reason,
        domain=DOMAIN,
        metadata={key: _short(value) for key, value in metadata.items()},
    )
    detail = any_pb2.Any()
    detail.Pack(info)
    number: int = code.value[0]
    return rpc_status.to_status(
        status_pb2.Status(code=number, message=_short(text), details=[detail])
    )


def _short(text: str) -> str:
    # Escaped, a letter that is not ASCII takes several bytes in a trailer.
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
