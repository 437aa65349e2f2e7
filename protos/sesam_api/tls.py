"""Trust in an agent: addresses, fingerprints, and a channel that accepts one certificate only.

The certificate is fetched before there is any trust, compared with the fingerprint that the person
gave, and exactly this certificate is pinned: it is never fetched again for the channel.
"""

import hashlib
import re
import socket
import ssl

import grpc
from cryptography import x509

from sesam_api.errors import FingerprintMismatch, FingerprintMissing, SesamError, Unreachable

_SEPARATORS = re.compile(r"[\s:]")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ADDRESS = re.compile(r"(?:\[(?P<ipv6>[^\[\]]+)\]|(?P<host>[^:\[\]/\s]+)):(?P<port>\d{1,5})")
_HIGHEST_PORT = 65535


def split_address(address: str) -> tuple[str, int]:
    """Host and port of "host:port" or "[IPv6]:port".

    Raises:
        SesamError: ADDRESS_INVALID.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None or not 0 < int(match["port"]) <= _HIGHEST_PORT:
        raise SesamError("ADDRESS_INVALID", {"address": address})
    return match["ipv6"] or match["host"], int(match["port"])


def plain_fingerprint(text: str) -> str:
    """64 small hexadecimal digits, out of any case, with or without colons and blanks.

    Raises:
        SesamError: FINGERPRINT_INVALID.
    """
    digits = _SEPARATORS.sub("", text).lower()
    if not _DIGEST.fullmatch(digits):
        raise SesamError("FINGERPRINT_INVALID", {"fingerprint": text})
    return digits


def fingerprint_of(certificate: bytes) -> str:
    """SHA-256 of a certificate in DER, as 64 hexadecimal digits."""
    return hashlib.sha256(certificate).hexdigest()


def fetch_certificate(address: str, timeout: float) -> bytes:
    """The certificate (DER) that the server at the address presents. Nothing is verified.

    Raises:
        Unreachable: with the step "name", "tcp" or "tls".
    """
    host, port = split_address(address)
    try:
        connection = socket.create_connection((host, port), timeout)
    except (socket.gaierror, UnicodeError) as error:
        raise Unreachable.at(
            "name", address, f'The name "{host}" is not known here ({error}). Check it.'
        ) from error
    except OSError as error:
        raise Unreachable.at(
            "tcp",
            address,
            f"Nothing accepts connections at {address} ({error}). "
            "Does the agent run, and does a firewall let the port through?",
        ) from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    try:
        with connection, context.wrap_socket(connection, server_hostname=host) as session:
            certificate = session.getpeercert(binary_form=True)
    except OSError as error:  # ssl.SSLError is one
        raise Unreachable.at(
            "tls",
            address,
            f"{address} accepts connections, but does not speak TLS ({error}). "
            "Is this the port of a sesam agent?",
        ) from error
    if certificate is None:
        raise Unreachable.at("tls", address, f"{address} presents no certificate.")
    return certificate


def checked_certificate(address: str, fingerprint: str | None, timeout: float) -> bytes:
    """The server's certificate (DER), if it is the one with this fingerprint.

    Raises:
        FingerprintMissing: no fingerprint was given.
        FingerprintMismatch: the server presents another certificate.
        Unreachable: with the step that failed.
    """
    expected = None if fingerprint is None else plain_fingerprint(fingerprint)
    certificate = fetch_certificate(address, timeout)
    presented = fingerprint_of(certificate)
    if expected is None:
        raise FingerprintMissing(address, presented)
    if presented != expected:
        raise FingerprintMismatch(address, expected, presented)
    return certificate


def pinned_credentials(certificate: bytes) -> tuple[grpc.ChannelCredentials, str]:
    """Credentials that accept exactly this certificate (DER), and the server name to ask for.

    Raises:
        SesamError: UNREACHABLE when the certificate has no DNS name to ask for.
    """
    try:
        names = (
            x509.load_der_x509_certificate(certificate)
            .extensions.get_extension_for_class(x509.SubjectAlternativeName)
            .value.get_values_for_type(x509.DNSName)
        )
    except (ValueError, x509.ExtensionNotFound):
        names = []
    if not names:
        raise Unreachable.at(
            "tls", "", "The certificate carries no DNS name. Is this the port of a sesam agent?"
        )
    pem = ssl.DER_cert_to_PEM_cert(certificate).encode("ascii")
    return grpc.ssl_channel_credentials(root_certificates=pem), names[0]
