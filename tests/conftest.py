"""Fixtures of the whole suite: no test may leave a thread, and none may log a warning unasked."""

import gc
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator

import pytest

# Both are read when Qt and gRPC are first imported, so they stand before any such import.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

# Who starts the suite in the background may have it ignore Ctrl-C, and all that it starts too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

THREAD_GRACE_SECONDS = 3.0  # time for a thread that was told to end
# What begins first, from the longest on, so that no worker is alone with a long test at the end.
LONG = (
    "tests/e2e/test_chaos.py",
    "tests/e2e/test_plan_process.py",
    "tests/e2e/test_three_days.py",
    "tests/desk/ui/test_tour.py",
    "tests/house/",
    "tests/e2e/",
    "tests/agent/restic/",
    "tests/agent/ssh/",
    "tests/agent/service/year/",
    "tests/agent/tar/test_killed_removal.py",
    "tests/contract/test_engine",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    return next((n for n, name in enumerate(LONG) if item.nodeid.startswith(name)), len(LONG))


def pytest_collection_finish() -> None:
    """What was imported stays until the end: no collection has to look through it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def no_widget_left_to_threads(request: pytest.FixtureRequest) -> Iterator[None]:
    """Widgets in cycles are freed here: Qt crashes if a thread of a later test happens to do it."""
    yield
    if "qapp" in request.fixturenames:
        gc.collect()


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """Fails a test that leaves a thread running, with the stack of that thread."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + THREAD_GRACE_SECONDS
    left = _new_threads(before)
    while left and time.monotonic() < deadline:
        left[0].join(timeout=0.05)
        left = _new_threads(before)
    if left:
        frames = sys._current_frames()
        stacks = [
            f"{thread.name}\n" + "".join(traceback.format_stack(frames[thread.ident]))
            for thread in left
            if thread.ident in frames
        ]
        pytest.fail("threads left running:\n" + "\n".join(stacks))


def _new_threads(before: set[threading.Thread]) -> list[threading.Thread]:
    # gRPC keeps one poller per process for its event loops; it is not the test's that began it.
    return [
        thread
        for thread in threading.enumerate()
        if thread not in before and thread.is_alive() and "_poll_wrapper" not in thread.name
    ]


@pytest.fixture(autouse=True)
def no_unexpected_log(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """Fails a test that logs at WARNING or above, unless it is marked `logs_warnings`."""
    yield
    if request.node.get_closest_marker("logs_warnings"):
        return
    records = [
        record
        for phase in ("setup", "call")
        for record in caplog.get_records(phase)
        if record.levelno >= logging.WARNING
    ]
    if records:
        lines = [f"{r.name}: {r.levelname}: {r.getMessage()}" for r in records]
        pytest.fail("unexpected log lines:\n" + "\n".join(lines))
