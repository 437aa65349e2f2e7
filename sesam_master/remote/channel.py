"""Channels that accept one certificate only, and what a failed call means."""

import grpc
import grpc.aio
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from sesam_api.tls import pinned_credentials
from sesam_master.core.addresses import join_address, plain_host
from sesam_master.core.errors import DeskReason, LocationError, Trouble
from sesam_master.core.registry import Registration

Metadata = tuple[tuple[str, str], ...]

_OPTIONS: list[tuple[str, int | str]] = [
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 8_000),
    ("grpc.http2.ping_timeout_ms", 8_000),  # without it a frozen agent is noticed after 60 s
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.max_receive_message_length", 32 << 20),
    ("grpc.enable_http_proxy", 0),  # the probe does not use one either
    ("grpc.use_local_subchannel_pool", 1),  # a new channel is a new connection
]


def pinned_channel(
    host: str, port: int, certificate: bytes, connect_seconds: float
) -> grpc.aio.Channel:
    """A channel that accepts only this certificate (DER).

    Raises:
        sesam_api.errors.Unreachable: the certificate has no name to ask for.
    """
    credentials, server_name = pinned_credentials(certificate)
    options = [*_connect_options(connect_seconds), ("grpc.ssl_target_name_override", server_name)]
    # gRPC looks up names in ASCII only.
    address = join_address(plain_host(host), port)
    return grpc.aio.secure_channel(address, credentials, options)


def channel_to(registration: Registration, connect_seconds: float) -> grpc.aio.Channel:
    """A new channel to a location; whoever asked for it closes it."""
    if registration.socket:
        credentials = grpc.local_channel_credentials(grpc.LocalConnectionType.UDS)
        options = _connect_options(connect_seconds)
        return grpc.aio.secure_channel(registration.socket, credentials, options)
    return pinned_channel(
        registration.host, registration.port, registration.certificate, connect_seconds
    )


def bearer(secret: str | None) -> Metadata:
    """To be sent on a pinned channel only: these are no call credentials, which gRPC would refuse
    on an open one, because those cost a thread switch per call."""
    return (("authorization", f"Bearer {secret}"),) if secret else ()


def _connect_options(seconds: float) -> list[tuple[str, int | str]]:
    # gRPC takes the time for one connection attempt from this option.
    return [*_OPTIONS, ("grpc.min_reconnect_backoff_ms", int(seconds * 1000))]


def refusal_of(error: grpc.aio.AioRpcError) -> tuple[str, dict[str, str]] | None:
    """The agent's own reason and what it is about; None if the status carries none."""
    try:
        status = rpc_status.from_call(error)  # type: ignore[arg-type]
    except ValueError:  # details that contradict the status: not from an agent
        return None
    for detail in status.details if status is not None else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info) and info.domain == "sesam":
            return info.reason, dict(info.metadata)
    return None


_REASONS = {
    "NOT_AUTHENTICATED": Trouble.REFUSED,
    "ROLE_REQUIRED": Trouble.REFUSED,
    "INTERNAL": Trouble.INTERNAL,
}
_CODES = {
    grpc.StatusCode.UNAVAILABLE: Trouble.UNREACHABLE,
    grpc.StatusCode.CANCELLED: Trouble.UNREACHABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: Trouble.NO_ANSWER,
    grpc.StatusCode.UNAUTHENTICATED: Trouble.REFUSED,
    grpc.StatusCode.PERMISSION_DENIED: Trouble.REFUSED,
}


def location_error(location_id: str, error: grpc.aio.AioRpcError) -> LocationError:
    """What a failed call means for the desk."""
    refusal = refusal_of(error)
    if refusal is not None:
        reason, metadata = refusal
        trouble = _REASONS.get(reason, Trouble.REJECTED)
        return LocationError(trouble, location_id, reason, metadata)
    code = error.code()
    metadata = {"code": code.name, "detail": error.details() or ""}
    reason = DeskReason.NOT_SUPPORTED if code is grpc.StatusCode.UNIMPLEMENTED else ""
    return LocationError(_CODES.get(code, Trouble.INTERNAL), location_id, reason, metadata)
