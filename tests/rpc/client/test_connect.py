"""Connecting: trust, enrolment, and which step failed."""

import os
import re
import socket
import ssl
import threading

import grpc
import pytest

from sesam_api import tls
from sesam_api.client import connect
from sesam_api.errors import (
    FingerprintMismatch,
    FingerprintMissing,
    SesamError,
    Unreachable,
)
from sesam_api.v1 import (
    access_pb2,
    location_pb2,
    location_pb2_grpc,
)
from tests.fakes.agent_server import FakeAgent
from tests.fakes.agent_state import Refused
from tests.fakes.certificates import make_certificate
from tests.rpc.client.conftest import requests_of


def test_a_token_is_exchanged_once_and_the_credential_is_good_from_then_on(agent):
    token = agent.enrolment_token(access_pb2.ROLE_OPERATOR)
    with connect(
        agent.address, token=token, fingerprint=agent.fingerprint, holder="nightly"
    ) as first:
        credential = first.credential
        assert first.role == "operator"
        assert first.identity.location_id == agent.location.location_id
    with connect(agent.address, token=credential, fingerprint=agent.fingerprint) as again:
        assert again.credential == credential
        assert [known.holder for known in again.credentials()] == ["nightly"]
    with (
        pytest.raises(SesamError, match="was used before") as raised,
        connect(agent.address, token=token, fingerprint=agent.fingerprint),
    ):
        pass
    assert raised.value.reason == "TOKEN_USED"


def test_an_enrolment_whose_answer_is_lost_still_gives_the_credential(agent):
    agent.lost_answers = 1
    with connect(
        agent.address, token=agent.enrolment_token(), fingerprint=agent.fingerprint
    ) as location:
        assert location.role == "admin"
    first, second = requests_of(agent, "Enrol")
    assert first == second


@pytest.mark.parametrize(
    "spelling",
    [
        str.upper,
        lambda text: ":".join(re.findall("..", text)),
        lambda text: " ".join(re.findall("....", text.upper())) + "\n",
    ],
)
def test_a_fingerprint_may_be_written_as_people_copy_it(agent, spelling):
    with connect(
        agent.address, token=agent.credential(), fingerprint=spelling(agent.fingerprint)
    ) as location:
        assert location.identity.name == "fake"


def test_without_a_fingerprint_nothing_is_sent_and_the_error_names_it(agent):
    with pytest.raises(FingerprintMissing) as raised, connect(agent.address, token="abcd"):
        pass
    assert raised.value.presented == agent.fingerprint
    assert agent.fingerprint in str(raised.value)
    assert agent.calls == []


def test_another_certificate_is_refused_and_nothing_is_sent(agent):
    expected = make_certificate().fingerprint
    with (
        pytest.raises(FingerprintMismatch) as raised,
        connect(agent.address, token=agent.credential(), fingerprint=expected),
    ):
        pass
    assert expected in str(raised.value)
    assert agent.fingerprint in str(raised.value)
    assert agent.calls == []


def test_a_certificate_that_changes_later_is_told_from_an_agent_that_is_away(agent, location):
    agent.stop()
    agent.certificate = make_certificate()
    agent.start()
    seen = len(agent.calls)
    with pytest.raises(FingerprintMismatch):
        list(location.tasks())
    assert len(agent.calls) == seen


def test_the_channel_refuses_another_key_under_the_same_name(agent):
    genuine = make_certificate(("agent.invalid",))
    agent.stop()
    agent.certificate = make_certificate(("agent.invalid",))
    agent.start()
    credentials, name = tls.pinned_credentials(
        ssl.PEM_cert_to_DER_cert(genuine.certificate.decode())
    )
    options = [("grpc.ssl_target_name_override", name)]
    with grpc.secure_channel(agent.address, credentials, options) as channel:
        stub = location_pb2_grpc.LocationServiceStub(channel)
        with pytest.raises(grpc.RpcError) as raised:
            stub.GetLocation(location_pb2.GetLocationRequest(), timeout=5)
    assert raised.value.code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("backup.example.org", "ADDRESS_INVALID"),
        ("::1:11401", "ADDRESS_INVALID"),
        ("host:0", "ADDRESS_INVALID"),
        ("host:65536", "ADDRESS_INVALID"),
    ],
)
def test_an_address_that_is_none_is_named(address, reason):
    with (
        pytest.raises(SesamError, match=re.escape(address)) as raised,
        connect(address, token="x", fingerprint="0" * 64),
    ):
        pass
    assert raised.value.reason == reason


def test_a_fingerprint_that_is_none_is_named():
    with (
        pytest.raises(SesamError, match="64 hexadecimal digits") as raised,
        connect("127.0.0.1:1", token="x", fingerprint="12:34"),
    ):
        pass
    assert raised.value.reason == "FINGERPRINT_INVALID"


def test_an_unknown_name_is_the_step_name():
    address = f"{'a' * 70}.invalid:11401"  # longer than a DNS label can be: nobody is asked
    with (
        pytest.raises(Unreachable, match="is not known here") as raised,
        connect(address, token="x", fingerprint="0" * 64),
    ):
        pass
    assert raised.value.step == "name"


def test_a_closed_port_is_the_step_tcp():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        with (
            pytest.raises(Unreachable, match="Nothing accepts connections") as raised,
            connect(address, token="x", fingerprint="0" * 64),
        ):
            pass
    assert raised.value.step == "tcp"


def test_a_server_of_another_kind_is_the_step_tls():
    def greet() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1024)
            connection.sendall(b"220 mail.example.org ESMTP\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        greeter = threading.Thread(target=greet)
        greeter.start()
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        with (
            pytest.raises(Unreachable, match="does not speak TLS") as raised,
            connect(address, token="x", fingerprint="0" * 64),
        ):
            pass
        greeter.join()
    assert raised.value.step == "tls"


def test_a_certificate_without_a_name_is_no_agents():
    nameless = make_certificate(())
    with (
        FakeAgent(certificate=nameless) as agent,
        pytest.raises(Unreachable, match="no DNS name") as raised,
        connect(agent.address, token="x", fingerprint=nameless.fingerprint),
    ):
        pass
    assert raised.value.step == "tls"


@pytest.mark.parametrize(
    "arguments",
    [{}, {"address": "h:1", "unix": "/s"}, {"address": "h:1", "fingerprint": "0" * 64}],
)
def test_contradicting_arguments_are_the_callers_mistake(arguments):
    with pytest.raises(TypeError), connect(**arguments):
        pass


@pytest.mark.parametrize("token", ["", " \n"])
def test_an_empty_token_is_named(token):
    with (
        pytest.raises(ValueError, match="token is empty"),
        connect("h:1", token=token, fingerprint="0" * 64),
    ):
        pass


@pytest.mark.parametrize("name", ["token", "fingerprint"])
def test_what_the_unix_socket_does_not_take_is_not_passed_over(name):
    with (
        pytest.raises(TypeError, match=f"both unix= and {name}=") as raised,
        connect(unix="/s", **{name: "sesam_secret"}),
    ):
        pass
    assert "sesam_secret" not in str(raised.value)


def test_the_unix_socket_needs_no_credential_and_any_path_will_do(tmp_path):
    path = tmp_path / "a b%41"
    with FakeAgent(socket=path) as agent:
        with connect(unix=path) as location:
            assert (location.role, location.credential) == ("admin", None)
        with connect(unix=f"unix:{os.fspath(path).replace('%', '%25').replace(' ', '%20')}"):
            pass
        agent.stop()
        with pytest.raises(Unreachable, match=re.escape(str(path))) as raised, connect(unix=path):
            pass
        agent.start()
    assert raised.value.step == "socket"


def test_a_credential_is_not_lost_with_the_first_answer_after_it(agent):
    token = agent.enrolment_token()

    def gone():
        raise Refused("SHUTTING_DOWN")

    agent.on_call["GetLocation"] = gone
    with (
        pytest.raises(SesamError) as raised,
        connect(agent.address, token=token, fingerprint=agent.fingerprint),
    ):
        pass
    del agent.on_call["GetLocation"]
    credential = raised.value.credential
    assert credential is not None
    assert credential not in str(raised.value)
    with connect(agent.address, token=credential, fingerprint=agent.fingerprint) as location:
        assert location.credential == credential


def test_an_error_does_not_carry_a_credential_that_was_given(agent):
    def gone():
        raise Refused("SHUTTING_DOWN")

    agent.on_call["GetLocation"] = gone
    with (
        pytest.raises(SesamError) as raised,
        connect(agent.address, token=agent.credential(), fingerprint=agent.fingerprint),
    ):
        pass
    assert raised.value.credential is None
