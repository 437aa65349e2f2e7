"""A base that cannot be read just now: there is another backup, and nothing is said of the base."""

import pytest

from server_agent.ports import EngineError
from tests.agent.tar.site import Site, unprivileged


@pytest.mark.parametrize("what", ["data", "idx", "listing"])
def test_a_base_that_the_agent_may_not_read_is_not_called_damaged(
    open_site: Site, what: str
) -> None:
    site = open_site
    with unprivileged():
        (site.source / "file").write_text("kept")
        site.back_up()
        files = {
            "data": site.data(),
            "idx": site.data().with_name(site.data().name + ".idx"),
            "listing": site.listing(),
        }
        files[what].chmod(0)
        with pytest.raises(EngineError) as refused:
            site.back_up()
    error = refused.value
    assert (error.code, error.saveset) == ("BASE_DAMAGED", "")
    assert f"{files[what]}" in error.text
    assert "Permission denied" in error.text
