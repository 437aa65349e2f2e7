"""One channel to one agent: deadlines, retries, and why a call had no answer."""

import math
import os
import socket
import time
import urllib.parse
from collections.abc import Callable, Iterator
from typing import TypeVar

import grpc
from google.protobuf.message import Message

from sesam_api import tls
from sesam_api.errors import FingerprintMismatch, SesamError, Unreachable, refusal

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)

# How often a call is repeated after which end; a repeat carries the same request id. A deadline has
# cost its whole time already.
_REPEATS = {
    grpc.StatusCode.UNAVAILABLE: 2,
    grpc.StatusCode.CANCELLED: 2,  # an agent that stops ends its open calls so
    grpc.StatusCode.DEADLINE_EXCEEDED: 1,
}
_PAUSE_SECONDS = 0.5
_PROBE_SECONDS = 5.0
_STREAM_SECONDS = 60.0  # then it is begun again, so that a frozen agent is noticed
_STREAM_AGAIN = frozenset({"UNREACHABLE", "NO_ANSWER", "SHUTTING_DOWN", "WATCH_OVERFLOW"})
_OPTIONS: list[tuple[str, int | str]] = [
    ("grpc.enable_http_proxy", 0),  # the probe would not use the proxy, and agents are local
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),  # 1000 entries with the longest paths
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 1000),
]


class Wire:
    """A channel with its credential; whoever made it closes the channel.

    Attributes:
        address: for people.
        credential: sent with every call; None on the Unix socket and while enrolling.
        otp: a one-time code, sent with every call, or what is asked for one when it is needed.
    """

    def __init__(
        self,
        address: str,
        channel: grpc.Channel,
        probe: Callable[[], None],
        timeout: float,
        patience: float,
    ) -> None:
        """Takes the channel over.

        Args:
            address: for people.
            channel: secure, or on a Unix socket.
            probe: makes a connection step by step, and raises at the step that fails.
            timeout: seconds for one try of one call.
            patience: seconds without a message after which a repeated stream gives up.
        """
        self.address = address
        self.channel = channel
        self.credential: str | None = None
        self.otp: str | Callable[[], str] | None = None
        self._probe = probe
        self._timeout = timeout
        self._patience = patience

    def call(
        self,
        method: "grpc.UnaryUnaryMultiCallable[Request, Response]",
        request: Request,
        timeout: float | None = None,
    ) -> Response:
        """The answer to a request. A lost answer is asked for again with the same request.
        `timeout`: seconds for one try, if it is not that of all calls.

        Raises:
            SesamError: with the agent's reason.
            Unreachable: with the step that failed.
            FingerprintMismatch: another server answers at the address now.
        """
        tries, code = 0, self.otp if isinstance(self.otp, str) else ""
        while True:
            try:
                metadata = (*self._metadata(), *_code_metadata(code))
                return method(request, timeout=timeout or self._timeout, metadata=metadata)
            except grpc.RpcError as error:
                failure = refusal(error)
                if failure is not None:
                    if failure.reason == "OTP_REQUIRED" and not code and callable(self.otp):
                        code = self.otp()
                        continue
                    raise failure from error
                if tries >= _REPEATS.get(error.code(), 0):
                    raise self._no_answer(error, request) from error
            tries += 1
            time.sleep(_PAUSE_SECONDS)

    def repeated(
        self,
        method: "grpc.UnaryStreamMultiCallable[Request, Response]",
        next_request: Callable[[], Request],
        timeout: float | None,
    ) -> Iterator[Response]:
        """The messages of a stream that is begun again whenever it ends or breaks.

        Ends after `timeout` seconds; without one, when the caller stops reading.

        Raises:
            SesamError: with the agent's reason.
            Unreachable: after `patience` seconds without a message.
            FingerprintMismatch: another server answers at the address now.
        """
        end = math.inf if timeout is None else time.monotonic() + timeout
        heard = time.monotonic()
        while (left := end - time.monotonic()) > 0:
            request = next_request()
            failure: SesamError = self._late(request, self._patience)
            try:
                for message in self._stream(method, request, min(left, _STREAM_SECONDS)):
                    yield message
                    heard = time.monotonic()
            except SesamError as error:
                if error.reason not in _STREAM_AGAIN:
                    raise
                failure = error
            if time.monotonic() - heard > self._patience:
                raise failure
            time.sleep(max(0.0, min(_PAUSE_SECONDS, end - time.monotonic())))

    def stream(
        self,
        method: "grpc.UnaryStreamMultiCallable[Request, Response]",
        request: Request,
        timeout: float,
    ) -> Iterator[Response]:
        """The messages of a stream that has an end. Whoever stops reading cancels the call.

        Raises:
            SesamError: with the agent's reason; NO_ANSWER if it has not ended in time.
            Unreachable, FingerprintMismatch: as `call`.
        """
        messages = method(request, timeout=timeout, metadata=self._metadata())
        try:
            yield from messages
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
                raise self._late(request, timeout) from error
            raise refusal(error) or self._no_answer(error, request) from error
        finally:
            messages.cancel()

    def _stream(
        self,
        method: "grpc.UnaryStreamMultiCallable[Request, Response]",
        request: Request,
        seconds: float,
    ) -> Iterator[Response]:
        """The messages of one stream; it ends quietly at its deadline."""
        messages = method(request, timeout=seconds, metadata=self._metadata())
        try:
            yield from messages
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.DEADLINE_EXCEEDED:
                raise refusal(error) or self._no_answer(error, request) from error
        finally:
            messages.cancel()

    def _metadata(self) -> tuple[tuple[str, str], ...]:
        if self.credential is None:
            return ()
        return (("authorization", f"Bearer {self.credential}"),)

    def _no_answer(self, error: grpc.RpcError, request: Message) -> SesamError:
        """Why a call without a reason of the agent failed."""
        facts = {
            "address": self.address,
            "method": _method(request),
            "code": error.code().name,
            "detail": error.details() or "no details",
        }
        match error.code():
            case grpc.StatusCode.DEADLINE_EXCEEDED:
                return self._late(request, self._timeout)
            case grpc.StatusCode.UNIMPLEMENTED:
                return SesamError("NOT_SUPPORTED", facts)
            case grpc.StatusCode.UNAVAILABLE | grpc.StatusCode.CANCELLED:
                try:
                    self._probe()
                except (Unreachable, FingerprintMismatch) as failure:
                    return failure
                return Unreachable.at(
                    "answer",
                    self.address,
                    f"The connection to {self.address} broke during {facts['method']} "
                    f"({facts['detail']}). Try again.",
                )
            case _:
                return SesamError("UNEXPECTED_STATUS", facts)

    def _late(self, request: Message, seconds: float) -> Unreachable:
        return Unreachable(
            "answer",
            "NO_ANSWER",
            {
                "address": self.address,
                "method": _method(request),
                "seconds": f"{seconds:g}",
            },
        )


def _code_metadata(code: str) -> tuple[tuple[str, str], ...]:
    return (("sesam-otp", code),) if code else ()


def _method(request: Message) -> str:
    return request.DESCRIPTOR.name.removesuffix("Request")


def over_network(address: str, fingerprint: str | None, timeout: float, patience: float) -> Wire:
    """A wire to "host:port" that accepts only the certificate with the fingerprint.

    Raises:
        FingerprintMissing, FingerprintMismatch: the certificate was not accepted.
        Unreachable: with the step that failed.
    """
    certificate = tls.checked_certificate(address, fingerprint, min(timeout, _PROBE_SECONDS))
    credentials, server_name = tls.pinned_credentials(certificate)
    options = [*_OPTIONS, ("grpc.ssl_target_name_override", server_name)]

    def probe() -> None:
        tls.checked_certificate(address, fingerprint, _PROBE_SECONDS)

    return Wire(
        address, grpc.secure_channel(address, credentials, options), probe, timeout, patience
    )


def over_socket(unix: str, timeout: float, patience: float) -> Wire:
    """A wire to the Unix socket of an agent on this machine.

    Args:
        unix: path of the socket, or its address as gRPC writes it: "unix:" and the quoted path.
        timeout, patience: as for `Wire`.

    Raises:
        Unreachable: step "socket" or "permission".
    """
    path = unix
    if unix.startswith("unix:"):
        path = os.fsdecode(urllib.parse.unquote_to_bytes(unix.removeprefix("unix:")))

    def probe() -> None:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_PROBE_SECONDS)
            try:
                connection.connect(path)
            except PermissionError as error:
                raise Unreachable.at(
                    "permission",
                    path,
                    f"Only the user who runs the agent may use its socket {path}. "
                    "Become this user, or connect over the network.",
                ) from error
            except OSError as error:
                raise Unreachable.at(
                    "socket", path, f"No agent answers at the socket {path} ({error})."
                ) from error

    probe()
    channel = grpc.secure_channel(
        f"unix:{urllib.parse.quote(os.fsencode(path))}",
        grpc.local_channel_credentials(grpc.LocalConnectionType.UDS),
        _OPTIONS,
    )
    return Wire(path, channel, probe, timeout, patience)
