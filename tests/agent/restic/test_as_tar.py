"""What is asked of tar when it saves and restores is asked of restic too."""

from tests.agent.tar.test_restore import (
    test_a_hard_link_at_the_target_is_not_written_through,
    test_a_link_to_a_directory_above_the_source_is_followed,
    test_a_path_and_what_holds_it_may_both_be_chosen,
    test_a_target_in_the_data_store,
    test_a_target_that_is_a_file,
    test_directories_above_a_chosen_file_are_as_they_were,
    test_links_below_the_source_are_replaced_and_not_followed,
    test_names_that_only_begin_alike_are_not_chosen,
    test_to_where_it_came_from,
    test_what_is_in_the_way_above_the_source,
    test_what_was_in_the_way_is_gone_after_success,
)
from tests.agent.tar.test_sources import (
    test_a_source_that_is_a_link_is_only_the_link,
    test_a_source_within_what_the_kernel_makes_up,
    test_an_empty_source_is_no_error_but_said,
    test_an_exclude_from_the_root,
    test_an_exclude_of_any_bytes,
    test_excludes,
    test_several_sources_one_of_them_a_file,
    test_special_signs_in_the_sources_own_path,
    test_the_root_as_a_source,
)

__all__ = [
    "test_a_hard_link_at_the_target_is_not_written_through",
    "test_a_link_to_a_directory_above_the_source_is_followed",
    "test_a_path_and_what_holds_it_may_both_be_chosen",
    "test_a_source_that_is_a_link_is_only_the_link",
    "test_a_source_within_what_the_kernel_makes_up",
    "test_a_target_in_the_data_store",
    "test_a_target_that_is_a_file",
    "test_an_empty_source_is_no_error_but_said",
    "test_an_exclude_from_the_root",
    "test_an_exclude_of_any_bytes",
    "test_directories_above_a_chosen_file_are_as_they_were",
    "test_excludes",
    "test_links_below_the_source_are_replaced_and_not_followed",
    "test_names_that_only_begin_alike_are_not_chosen",
    "test_several_sources_one_of_them_a_file",
    "test_special_signs_in_the_sources_own_path",
    "test_the_root_as_a_source",
    "test_to_where_it_came_from",
    "test_what_is_in_the_way_above_the_source",
    "test_what_was_in_the_way_is_gone_after_success",
]
