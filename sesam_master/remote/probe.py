"""Makes a connection step by step, to find out which step fails. Nothing secret is sent."""

import asyncio
import ipaddress
import os
import socket
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from sesam_api.tls import fingerprint_of
from sesam_master.core.gateway import Presented, Step, StepReport
from sesam_master.remote.disk import settle


class StepFailed(Exception):
    """Which step failed, what was found, and what to do; for people."""

    def __init__(self, step: str, found: str, advice: str) -> None:
        self.step = step
        self.found = found
        self.advice = advice
        super().__init__(f"{step}: {found}")


def _ignore(report: StepReport) -> None:
    pass


async def present(
    host: str, port: int, seconds: float, tell: Callable[[StepReport], None] = _ignore
) -> Presented:
    """What the server presents. `seconds` are for each step; `tell` is given each one that worked.

    Raises:
        StepFailed: at the step name, tcp or tls.
    """
    start = time.monotonic()
    addresses = await _resolve(host, port, seconds)
    found = f"{host} is {', '.join(addresses)}"
    tell(StepReport(Step.NAME, True, found, "", time.monotonic() - start))
    start = time.monotonic()
    connection = await _connect(host, addresses, port, seconds)
    tell(StepReport(Step.TCP, True, f"Port {port} is open", "", time.monotonic() - start))
    start = time.monotonic()
    certificate = await _handshake(connection, host, port, seconds)
    fingerprint = fingerprint_of(certificate).upper()
    tell(StepReport(Step.TLS, True, "TLS with a certificate", "", time.monotonic() - start))
    return Presented(host, port, certificate, fingerprint)


async def _resolve(host: str, port: int, seconds: float) -> list[str]:
    """Its addresses, the preferred one first. An address needs no name server."""
    if _is_address(host):
        return [host]
    try:
        async with asyncio.timeout(seconds):
            found = await _look_up(host, port)
    except TimeoutError:
        reason = f"no name server answered within {seconds:g} s"
    except (OSError, ValueError) as error:  # ValueError: what can be no name
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    else:
        return list(dict.fromkeys(str(item[4][0]) for item in found))
    raise StepFailed(
        Step.NAME,
        f"The name {host} is not known here: {reason}.",
        "Check the host name for a typing error, or give the IP address.",
    )


async def _look_up(host: str, port: int) -> list[Any]:
    """In a thread for itself that nobody waits for: a name server that never answers must hold up
    no other name, nor keep the program from ending."""
    answer: Future[list[Any]] = Future()
    answer.set_running_or_notify_cancel()

    def look() -> None:
        settle(answer, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))

    threading.Thread(target=look, name=f"name {host}", daemon=True).start()
    return await asyncio.wrap_future(answer)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def _connect(
    host: str, addresses: list[str], port: int, seconds: float
) -> asyncio.StreamWriter:
    """To the first address that accepts: an agent may listen at one of them only."""
    failures: list[tuple[str, str]] = []
    for address in addresses:
        try:
            async with asyncio.timeout(seconds / len(addresses)):
                _, writer = await asyncio.open_connection(address, port)
        except TimeoutError:
            found = f"{host} does not answer at port {port} within {seconds:g} s."
            failures.append((found, "Is the machine on, and does a firewall let the port through?"))
        except ConnectionRefusedError:
            found = f"{host} refuses connections at port {port}."
            failures.append((found, "Start the agent there, or correct the port."))
        except (OSError, OverflowError) as error:
            found = f"{host}, port {port}, cannot be reached: {error}."
            failures.append((found, "Check address and network."))
        else:
            return writer
    raise StepFailed(Step.TCP, *failures[0])


async def _handshake(writer: asyncio.StreamWriter, host: str, port: int, seconds: float) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    certificate = None
    reason = "it presents no certificate"
    try:
        async with asyncio.timeout(seconds):
            await writer.start_tls(context, server_hostname=host)
        session = writer.get_extra_info("ssl_object")
        certificate = session.getpeercert(binary_form=True)
    except TimeoutError:
        reason = f"no answer within {seconds:g} s"
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        reason = str(error) or type(error).__name__
    finally:
        writer.transport.abort()
    if certificate:
        return bytes(certificate)
    raise StepFailed(
        Step.TLS,
        f"{host} accepts connections at port {port}, but TLS fails: {reason}.",
        "Is this the port of a sesam agent, and does the agent respond?",
    )


async def reach_socket(address: str, seconds: float) -> None:
    """Tries the Unix socket of a local agent.

    Raises:
        StepFailed: at the step tcp; a socket has no other.
    """
    path = os.fsdecode(urllib.parse.unquote_to_bytes(address.removeprefix("unix:")))
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_unix_connection(path)
    except PermissionError:
        found = f"The socket {path} belongs to another user."
        advice = "Run the desk as the user who runs the agent, or enrol over the network."
    except (OSError, TimeoutError, ValueError) as error:  # ValueError: what can be no path
        is_path = not isinstance(error, ValueError)
        reason = getattr(error, "strerror", None) or ("no answer" if is_path else str(error))
        found, advice = f"No agent answers at the socket {path}: {reason}.", "Start the agent."
    else:
        writer.transport.abort()
        return
    raise StepFailed(Step.TCP, found, advice)
