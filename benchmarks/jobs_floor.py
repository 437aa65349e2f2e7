"""What a page of jobs costs without a desk: as bare SQL, and as a bare gRPC call."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import grpc

from benchmarks.jobs_fleet import Fleet
from sesam_api.tls import pinned_credentials
from sesam_api.v1 import jobs_pb2
from sesam_api.v1.jobs_pb2_grpc import JobServiceStub

_PAGE = "SELECT * FROM jobs WHERE +kind = 'backup' ORDER BY create_time DESC, id DESC LIMIT 257"


def bare_sql(catalogue: Path, times: int) -> list[float]:
    """Milliseconds for the first page of the newest backups."""
    with closing(sqlite3.connect(catalogue)) as connection:
        return [_taken(lambda: connection.execute(_PAGE).fetchall()) for _ in range(times)]


def bare_call(fleet: Fleet, times: int, jobs: int = 256) -> list[float]:
    """Milliseconds for the first page and the counts, over TLS on one channel."""
    to = fleet.registrations[0]
    credentials, name = pinned_credentials(to.certificate)
    request = jobs_pb2.ListJobsRequest(
        page_size=jobs,
        filter=jobs_pb2.JobFilter(kinds=[jobs_pb2.JOB_KIND_BACKUP]),
        with_counts=True,
    )
    metadata = (("authorization", f"Bearer {fleet.credentials[to.location_id]}"),)
    options = (("grpc.ssl_target_name_override", name),)
    with grpc.secure_channel(f"127.0.0.1:{to.port}", credentials, options) as channel:
        call = JobServiceStub(channel).ListJobs
        call(request, metadata=metadata)
        return [_taken(lambda: call(request, metadata=metadata)) for _ in range(times)]


def _taken(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return (time.perf_counter() - begin) * 1000
