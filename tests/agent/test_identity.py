"""The agent's key, certificate and secret."""

import asyncio
import ipaddress
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from server_agent.adapters.identity import (
    Identity,
    IdentityError,
    load_identity,
    load_secret,
    make_identity,
    renew_certificate,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOCATION = "70fbc648-d5f3-40aa-abbc-c244a24ab6d1"
SERVER_NAME = f"agent.{LOCATION}.invalid"


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    return make_identity(tmp_path, LOCATION, "192.0.2.77", NOW)


def test_the_certificate(identity: Identity) -> None:
    certificate = x509.load_pem_x509_certificate(identity.certificate_pem)
    assert isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)
    assert certificate.subject == certificate.issuer
    assert certificate.subject.rfc4514_string().startswith("CN=agent-")
    assert certificate.not_valid_before_utc == NOW - timedelta(days=1)
    assert certificate.not_valid_after_utc == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    dns = names.get_values_for_type(x509.DNSName)
    assert dns[0] == SERVER_NAME
    assert "localhost" in dns
    addresses = set(names.get_values_for_type(x509.IPAddress))
    assert addresses >= {ipaddress.ip_address(text) for text in ("127.0.0.1", "192.0.2.77", "::1")}
    own = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    issuer = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert own.digest == issuer.key_identifier
    certificate.verify_directly_issued_by(certificate)


def test_the_fingerprint(identity: Identity) -> None:
    certificate = x509.load_pem_x509_certificate(identity.certificate_pem)
    assert identity.fingerprint == certificate.fingerprint(hashes.SHA256()).hex().upper()
    assert len(identity.fingerprint) == 64


def test_it_is_loaded_as_it_was_made(identity: Identity, tmp_path: Path) -> None:
    assert load_identity(tmp_path, LOCATION) == identity
    assert "PRIVATE" not in repr(identity)


def test_any_address_of_the_machine_is_no_name(tmp_path: Path) -> None:
    made = make_identity(tmp_path, LOCATION, "0.0.0.0", NOW)
    certificate = x509.load_pem_x509_certificate(made.certificate_pem)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert ipaddress.ip_address("0.0.0.0") not in names.get_values_for_type(x509.IPAddress)


def test_secrets_are_drawn_and_kept_private(identity: Identity, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    make_identity(other, LOCATION, "", NOW)
    assert len(load_secret(tmp_path)) == 32
    assert load_secret(tmp_path) != load_secret(other)
    for name in ("agent.key", "agent.secret"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_what_is_there_is_not_overwritten(identity: Identity, tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        make_identity(tmp_path, LOCATION, "", NOW)
    assert load_identity(tmp_path, LOCATION) == identity


def test_renewing_changes_key_and_certificate_only(identity: Identity, tmp_path: Path) -> None:
    secret = load_secret(tmp_path)
    (tmp_path / "agent.key.new").write_text("left by a renewal that was cut off")
    renewed = renew_certificate(tmp_path, LOCATION, "", NOW)
    assert renewed == load_identity(tmp_path, LOCATION)
    assert renewed.fingerprint != identity.fingerprint
    assert renewed.key_pem != identity.key_pem
    assert load_secret(tmp_path) == secret
    assert sorted(os.listdir(tmp_path)) == ["agent.crt", "agent.key", "agent.secret"]


# --- refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["agent.key", "agent.crt"])
def test_a_missing_file_is_named(identity: Identity, tmp_path: Path, name: str) -> None:
    (tmp_path / name).unlink()
    with pytest.raises(IdentityError, match=rf"{tmp_path}/{name} is missing\. Put it back"):
        load_identity(tmp_path, LOCATION)


@pytest.mark.parametrize("name", ["agent.key", "agent.crt"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"-----BEGIN CERTIFICATE-----\nAA\n"])
def test_a_damaged_file_is_named(
    identity: Identity, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(IdentityError, match=rf"{tmp_path}/{name} is damaged"):
        load_identity(tmp_path, LOCATION)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_what_others_can_read_is_no_secret(identity: Identity, tmp_path: Path, mode: int) -> None:
    (tmp_path / "agent.key").chmod(mode)
    with pytest.raises(IdentityError, match=rf"mode {mode:04o}.*chmod 600 {tmp_path}/agent.key"):
        load_identity(tmp_path, LOCATION)
    (tmp_path / "agent.secret").chmod(mode)
    with pytest.raises(IdentityError, match=rf"chmod 600 {tmp_path}/agent.secret"):
        load_secret(tmp_path)


def test_a_missing_or_cut_secret_is_named(identity: Identity, tmp_path: Path) -> None:
    (tmp_path / "agent.secret").write_bytes(b"short")
    with pytest.raises(IdentityError, match=r"agent\.secret is damaged"):
        load_secret(tmp_path)
    (tmp_path / "agent.secret").unlink()
    with pytest.raises(IdentityError, match=r"agent\.secret is missing"):
        load_secret(tmp_path)


def test_a_key_of_another_certificate_is_refused(identity: Identity, tmp_path: Path) -> None:
    before = (tmp_path / "agent.key").read_bytes()
    renew_certificate(tmp_path, LOCATION, "", NOW)
    (tmp_path / "agent.key").write_bytes(before)
    with pytest.raises(IdentityError, match="does not belong to"):
        load_identity(tmp_path, LOCATION)


# --- on the wire ----------------------------------------------------------------------------------


def test_a_client_that_pinned_it_is_served_and_another_one_not(
    identity: Identity, tmp_path: Path
) -> None:
    renewed = renew_certificate(tmp_path, LOCATION, "", NOW)
    old, new = identity.certificate_pem, renewed.certificate_pem
    assert asyncio.run(_answers(renewed, [new, old + new, old])) == [True, True, False]


def _echo(request: bytes, _context: object) -> bytes:
    return request


async def _answers(served: Identity, pins: list[bytes]) -> list[bool]:
    """Whether clients with these pins get an answer."""
    echo = grpc.unary_unary_rpc_method_handler(_echo, bytes, bytes)
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("t", {"echo": echo}),))
    credentials = grpc.ssl_server_credentials([(served.key_pem, served.certificate_pem)])
    port = server.add_secure_port("127.0.0.1:0", credentials)
    await server.start()
    answers: list[bool] = []
    for pin in pins:
        async with grpc.aio.secure_channel(
            f"127.0.0.1:{port}",
            grpc.ssl_channel_credentials(pin),
            [("grpc.ssl_target_name_override", SERVER_NAME)],
        ) as channel:
            call = channel.unary_unary("/t/echo", bytes, bytes)(b"x", timeout=10)
            answers.append(await call.code() is grpc.StatusCode.OK)
    await server.stop(None)
    return answers
