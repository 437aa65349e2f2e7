"""The services that programs know by themselves: health and reflection."""

from collections.abc import Iterator

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from server_agent.service.stopping import StopMode
from tests.rpc.agent.rig import METHODS, AgentRig

CHECK, WATCH = "Health/Check", "Health/Watch"
SERVING, NOT_SERVING = 1, 2


def test_a_probe_without_a_credential_is_answered(agent: AgentRig) -> None:
    nobody = agent.caller(None)
    for service in ("", "sesam_api.v1.JobService", "grpc.health.v1.Health"):
        assert nobody.call(CHECK, service=service).status == SERVING
    refused = nobody.refused(CHECK, service="sesam_api.v1.Nothing\n")
    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "SERVICE_NOT_FOUND")
    assert nobody.refused(WATCH).reason == "NOT_AUTHENTICATED"


def test_an_agent_that_ends_takes_no_work(agent: AgentRig) -> None:
    with agent.local.stream(WATCH) as watch:
        assert next(watch).status == SERVING
        agent.stopping.ask(StopMode.DRAIN, None)
        assert agent.caller(None).call(CHECK).status == NOT_SERVING
    with agent.local.stream(WATCH, service="unknown") as watch:
        assert next(watch).status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


@pytest.fixture
def local(agent: AgentRig) -> Iterator[grpc.Channel]:
    credentials = grpc.local_channel_credentials(grpc.LocalConnectionType.UDS)
    with grpc.secure_channel(f"unix:{agent.endpoint.socket}", credentials) as channel:
        yield channel


def test_a_program_finds_the_contract_out(local: grpc.Channel) -> None:
    database = ProtoReflectionDescriptorDatabase(local)
    services = set(database.get_services())
    assert services == {method.containing_service.full_name for method in METHODS.values()}
    pool = DescriptorPool(database)
    found = pool.FindServiceByName("sesam_api.v1.JobService")
    assert "StartBackup" in found.methods_by_name
    answer = pool.FindMessageTypeByName("sesam_api.v1.Job")
    assert "job_id" in answer.fields_by_name


@pytest.mark.parametrize("credential", [None, "sesam_unknown"])
def test_nobody_else_does(agent: AgentRig, credential: str | None) -> None:
    refused = agent.caller(credential).refused("ServerReflection/ServerReflectionInfo")
    assert refused.reason == "NOT_AUTHENTICATED"
