"""What a verify may say of a saveset: only what it has read."""

import pytest

from server_agent.ports import NotCompared, Verified, VerifyRequest
from tests.agent.tar.site import LABEL, Site, unprivileged
from tests.fakes.engine import FakeControl


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("what", ["data", "idx", "listing"])
def test_what_the_agent_may_not_read_is_not_called_damaged(
    open_site: Site, quick: bool, what: str
) -> None:
    site = open_site
    with unprivileged():
        (site.source / "file").write_text("kept")
        site.back_up()
        behind = site.chain[0]
        site.back_up()
        files = {
            "data": site.data(),
            "idx": site.data().with_name(site.data().name + ".idx"),
            "listing": site.listing(),
        }
        files[what].chmod(0)
        request = VerifyRequest((site.chain[0], behind), quick=quick)
        events = list(site.engine.verify(request, FakeControl()))
    unread, verified = (each for each in events if isinstance(each, NotCompared | Verified))
    assert isinstance(unread, NotCompared)
    assert (unread.saveset, unread.label) == (site.chain[0].name, LABEL)
    assert f"{files[what]}" in unread.text
    assert "Permission denied" in unread.text
    assert isinstance(verified, Verified)
    assert (verified.saveset, verified.fault) == (behind.name, "")


def test_what_lies_there_and_is_no_file_is_a_fault(site: Site) -> None:
    (site.source / "file").write_text("kept")
    site.back_up()
    site.data().unlink()
    site.data().mkdir()
    [verified] = site.engine.verify(VerifyRequest((site.chain[0],)), FakeControl())
    assert isinstance(verified, Verified)
    assert "Is a directory" in verified.fault
