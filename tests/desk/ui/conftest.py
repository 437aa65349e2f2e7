"""A gateway that notes what it is asked, in place of the fleet in memory."""

import pytest

from tests.fakes.gateway import FakeGateway


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway()
