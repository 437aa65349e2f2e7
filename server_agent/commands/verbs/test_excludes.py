"""`sm_cmd test-excludes [TASK] [--client C] [-s SOURCE] [-x EXCLUDE] [...] [--json]`: what excludes
leave out, before a backup does. `sm_cmd estimate TASK [--json]`: what it would save."""

import argparse

from server_agent.commands.answer import CommandError
from server_agent.commands.output import print_json, print_table, zone_of
from server_agent.commands.parsing import Verbs, add_json, add_verb, text
from server_agent.commands.topology_options import add_task_options, options_of
from server_agent.commands.words import split_excludes, split_lists
from sesam_api.client_file_records import Walk
from sesam_api.location import Location
from sesam_api.records import TaskOptions

_LEFT_OUT = ("cause", "pattern", "hits", "files", "size", "examples")
_CHANGED = ("changed_files", "changed_size", "compared_with")
_TOTALS = ("kept_files", "kept_size", "kept_directories", "left_files", "left_size")


def define(verbs: Verbs) -> None:
    test = add_verb(
        verbs,
        "test-excludes",
        "walk through sources as a backup would, and say what each exclude leaves out; what is "
        "given replaces what the task has, and nothing is changed",
    )
    test.add_argument("task", type=text, metavar="TASK", nargs="?", default="")
    test.add_argument("--client", type=text, default="", help="else that of the task")
    add_task_options(test)
    add_json(test)
    test.set_defaults(run=_test)
    estimate = add_verb(
        verbs, "estimate", "how much a FULL and an INC of a task would save now, and where"
    )
    estimate.add_argument("task", type=text, metavar="TASK")
    add_json(estimate)
    estimate.set_defaults(run=_estimate)


def _test(location: Location, arguments: argparse.Namespace) -> None:
    task = location.task(arguments.task) if arguments.task else None
    client = arguments.client or (task.client if task else "")
    sources = split_lists(arguments.source or []) or (task.sources if task else ())
    if not client or not sources:
        raise CommandError("Give a task, or a client with --client and its sources with -s.")
    excludes = task.excludes if task else ()
    before = task.options if task else TaskOptions()
    walk = location.test_excludes(
        client,
        sources,
        excludes if arguments.exclude is None else split_excludes(arguments.exclude),
        options_of(arguments, before) or before,
        task=arguments.task,
    )
    _print(location, walk, arguments.json)


def _estimate(location: Location, arguments: argparse.Namespace) -> None:
    _print(location, location.estimate(location.task(arguments.task)), arguments.json)


def _print(location: Location, walk: Walk, as_json: bool) -> None:
    zone = zone_of(location.identity.time_zone)
    if as_json:
        print_json(walk, zone)
        return
    for total in _TOTALS:
        print(f"{total}\t{getattr(walk, total)}")
    if walk.compared_with is not None:
        for total in _CHANGED:
            print(f"{total}\t{getattr(walk, total)}")
    elif walk.not_compared:
        print(f"changed_files\tnot known, {walk.not_compared}")
    if walk.left_out:
        print()
        print_table(walk.left_out, _LEFT_OUT, zone)
    if walk.largest:
        print()
        print_table(walk.largest, ("path", "files", "size"), zone)
    for warning in walk.warnings:
        print(f"\nwarning\t{warning}")
