"""What an agent is known by: its key, its certificate, and the secret it draws others from.

The certificate is self-signed and pinned by those who enrol, so it never runs out: renewing it is
a decision, since everyone who pinned it has to accept the new one.
"""

import ipaddress
import os
import secrets
import socket
import stat
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

KEY_FILE = "agent.key"
CERTIFICATE_FILE = "agent.crt"
SECRET_FILE = "agent.secret"
SECRET_BYTES = 32
RENEW = "sesam-agent certificate --renew"
_NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # RFC 5280, 4.1.2.5
_CLOCK_SKEW = timedelta(days=1)  # pinning does not spare a client the check of the dates


class IdentityError(Exception):
    """Key, certificate or secret cannot be used; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Attributes:
    location_id: GUID of the location; also in the certificate's first DNS name.
    key_pem: private, unencrypted PKCS 8.
    certificate_pem: what clients pin.
    fingerprint: SHA-256 of the certificate's DER, 64 upper-case hexadecimal digits.
    """

    location_id: str
    key_pem: bytes = field(repr=False)
    certificate_pem: bytes
    fingerprint: str


def make_identity(directory: Path, location_id: str, host: str, now: datetime) -> Identity:
    """Makes key, certificate and secret in the directory, for the first time.

    Args:
        host: where the agent listens; goes into the certificate if it is one address.

    Raises:
        FileExistsError: one of the files is there.
    """
    key_pem, certificate_pem = _new_pair(location_id, host, now)
    _write_new(directory / SECRET_FILE, secrets.token_bytes(SECRET_BYTES), 0o600)
    _write_new(directory / KEY_FILE, key_pem, 0o600)
    _write_new(directory / CERTIFICATE_FILE, certificate_pem, 0o644)
    return load_identity(directory, location_id)


def renew_certificate(directory: Path, location_id: str, host: str, now: datetime) -> Identity:
    """Replaces key and certificate by new ones. Everyone who pinned the old certificate has to
    accept the new one; the secret and all credentials stay as they are."""
    key_pem, certificate_pem = _new_pair(location_id, host, now)
    for name, content, mode in (
        (KEY_FILE, key_pem, 0o600),
        (CERTIFICATE_FILE, certificate_pem, 0o644),
    ):
        part = directory / f"{name}.new"
        part.unlink(missing_ok=True)
        _write_new(part, content, mode)
    for name in (KEY_FILE, CERTIFICATE_FILE):
        (directory / f"{name}.new").replace(directory / name)
    return load_identity(directory, location_id)


def load_identity(directory: Path, location_id: str) -> Identity:
    """Reads key and certificate.

    Raises:
        IdentityError: one is missing, damaged, not private, or they do not belong together.
    """
    key_file, certificate_file = directory / KEY_FILE, directory / CERTIFICATE_FILE
    key_pem = _read_private(key_file)
    certificate_pem = _read(certificate_file)
    try:
        key = serialization.load_pem_private_key(key_pem, password=None)
    except (ValueError, TypeError) as error:
        raise _damaged(key_file) from error
    try:
        certificate = x509.load_pem_x509_certificate(certificate_pem)
    except ValueError as error:
        raise _damaged(certificate_file) from error
    if key.public_key() != certificate.public_key():
        raise IdentityError(
            f"{key_file} does not belong to {certificate_file}. Put both back from one backup of "
            f"{directory}, or make new ones with: {RENEW}"
        )
    fingerprint = certificate.fingerprint(hashes.SHA256()).hex().upper()
    return Identity(location_id, key_pem, certificate_pem, fingerprint)


def validity(identity: Identity) -> tuple[datetime, datetime | None]:
    """From when to when the certificate is good; None: without end."""
    certificate = x509.load_pem_x509_certificate(identity.certificate_pem)
    end = certificate.not_valid_after_utc
    return certificate.not_valid_before_utc, None if end == _NEVER else end


def load_secret(directory: Path) -> bytes:
    """The agent's secret, of `SECRET_BYTES` bytes.

    Raises:
        IdentityError: it is missing, damaged or not private.
    """
    file = directory / SECRET_FILE
    secret = _read_private(file)
    if len(secret) != SECRET_BYTES:
        raise _damaged(file)
    return secret


def _new_pair(location_id: str, host: str, now: datetime) -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    # Unique, so that a client may hold the old and the new certificate at once.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"agent-{uuid.uuid4()}")])
    own_key = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(_NEVER)
        .add_extension(x509.SubjectAlternativeName(_names(location_id, host)), critical=False)
        .add_extension(own_key, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own_key), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return key_pem, certificate.public_bytes(serialization.Encoding.PEM)


def _names(location_id: str, host: str) -> list[x509.GeneralName]:
    """The name that clients check first; then what the machine is called and reached by."""
    hostname = socket.gethostname()
    texts = [hostname, hostname.partition(".")[0], host, "localhost", "127.0.0.1", "::1"]
    dns = {f"agent.{location_id}.invalid": None}
    addresses: dict[ipaddress.IPv4Address | ipaddress.IPv6Address, None] = {}
    for text in [*texts, *_own_addresses()]:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            if text and text.isascii():
                dns[text] = None
        else:
            if not address.is_unspecified:
                addresses[address] = None
    return [*map(x509.DNSName, dns), *map(x509.IPAddress, addresses)]


def _own_addresses() -> Iterable[str]:
    """The addresses from which the machine would speak to the outside; nothing is sent."""
    for family, outside in (
        (socket.AF_INET, "192.0.2.1"),  # RFC 5737, for documentation
        (socket.AF_INET6, "2001:db8::1"),  # RFC 3849
    ):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((outside, 9))
                yield probe.getsockname()[0]
        except OSError:
            continue  # no such network here


def _write_new(file: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as stream:
        os.fchmod(descriptor, mode)  # whatever the umask is
        stream.write(content)
        stream.flush()
        os.fsync(descriptor)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise IdentityError(f"{file} is missing. {_to_do(file)}") from error
    except OSError as error:
        raise IdentityError(
            f"{file} cannot be read: {error.strerror}. The agent has to run as its owner"
        ) from error


def _read_private(file: Path) -> bytes:
    content = _read(file)
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        raise IdentityError(
            f"{file} is open to others than its owner (mode {mode:04o}). "
            f"Close it with: chmod 600 {file}"
        )
    return content


def _damaged(file: Path) -> IdentityError:
    return IdentityError(f"{file} is damaged. {_to_do(file)}")


def _to_do(file: Path) -> str:
    back = f"Put it back from a backup of {file.parent}"
    if file.name == SECRET_FILE:
        return back
    return f"{back}, or make key and certificate anew with: {RENEW}"
