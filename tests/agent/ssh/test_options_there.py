"""The options of a task mean the same for a client over SSH: the same tests, with the `site` of
this directory."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from server_agent.ports import EngineError
from tests.agent.ssh.client_site import ClientSite
from tests.agent.ssh.server import SshServer
from tests.agent.tar.test_changing import (
    test_a_file_that_is_rewritten_before_it_is_read_is_whole,
    test_it_is_never_green,
    test_what_can_be_accepted,
    test_what_was_read_is_kept,
)
from tests.agent.tar.test_left_out import (
    NO_DUMP,
    make,
    test_a_directory_that_becomes_a_cache_between_two_backups,
    test_a_file_of_excludes_that_cannot_be_used,
    test_a_file_of_expressions_behind_a_link,
    test_a_source_that_is_a_cache_and_one_within_another,
    test_a_thousand_expressions,
    test_an_empty_file_of_excludes,
    test_an_expression_that_find_refuses,
    test_ends_of_lines_in_a_name_are_no_ends_of_a_path,
    test_expressions,
    test_the_file_of_excludes,
    test_what_lies_beside_the_tag_of_a_cache,
    test_what_must_not_be_dumped,
)
from tests.agent.tar.test_references import (
    test_an_older_file_that_is_moved_here_and_one_that_is_deleted,
    test_the_moment_lies_before_all_that_the_backup_may_have_missed,
    test_what_has_times_after_the_moment_is_saved,
)

__all__ = [
    "test_a_directory_that_becomes_a_cache_between_two_backups",
    "test_a_file_of_excludes_that_cannot_be_used",
    "test_a_file_of_expressions_behind_a_link",
    "test_a_file_that_is_rewritten_before_it_is_read_is_whole",
    "test_a_source_that_is_a_cache_and_one_within_another",
    "test_a_thousand_expressions",
    "test_an_empty_file_of_excludes",
    "test_an_expression_that_find_refuses",
    "test_an_older_file_that_is_moved_here_and_one_that_is_deleted",
    "test_ends_of_lines_in_a_name_are_no_ends_of_a_path",
    "test_expressions",
    "test_it_is_never_green",
    "test_the_file_of_excludes",
    "test_the_moment_lies_before_all_that_the_backup_may_have_missed",
    "test_what_can_be_accepted",
    "test_what_has_times_after_the_moment_is_saved",
    "test_what_lies_beside_the_tag_of_a_cache",
    "test_what_must_not_be_dumped",
    "test_what_was_read_is_kept",
]


def test_a_client_without_lsattr(
    site: ClientSite, tmp_path: Path, start_server: Callable[..., SshServer]
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for place in ("/bin", "/usr/bin"):
        for name in set(os.listdir(place)) - {"lsattr", *os.listdir(programs)}:
            (programs / name).symlink_to(f"{place}/{name}")
    site.client = start_server(environment=f"PATH={programs}").client
    make(site, "a")
    site.options = NO_DUMP
    with pytest.raises(EngineError, match=r"lsattr.*e2fsprogs") as failure:
        site.back_up()
    assert failure.value.code == "CLIENT_UNFIT"
    assert site.files() == set()
