"""`sm_cmd remove client|task|schedule|event|group|drive|store|pool|medium NAME`."""

import argparse
from collections.abc import Callable

from server_agent.commands.parsing import Verbs, add_objects, text
from sesam_api.location import Location

Remove = Callable[[Location, str], None]


def define(verbs: Verbs) -> None:
    objects = add_objects(verbs, "remove", "remove what nothing needs any more")
    _define(objects, "client", "a client that has no tasks", Location.remove_client)
    _define(objects, "task", "a task that nothing needs; its savesets stay", Location.remove_task)
    _define(objects, "schedule", "a schedule without events", Location.remove_schedule)
    _define(objects, "event", "an event; what it did stays in the calendar", Location.remove_event)
    _define(objects, "group", "a group without events; its tasks stay", Location.remove_group)
    _define(objects, "drive", "a drive that nothing needs", Location.remove_drive)
    _define_store(objects)
    _define(objects, "pool", "a media pool without media", Location.remove_pool)
    _define(objects, "medium", "a medium without savesets", Location.remove_medium)
    _define(objects, "loader", "a loader; its media stay", Location.remove_loader)


def _define_store(objects: Verbs) -> None:
    parser = objects.add_parser("store", help="a data store without media, or one that is lost")
    parser.add_argument("name", type=text, metavar="NAME")
    parser.add_argument(
        "--forget-media",
        action="store_true",
        help="it is lost for good: its media and their savesets leave the catalogue with it;"
        " answers how many",
    )
    parser.set_defaults(run=_remove_store)


def _remove_store(location: Location, arguments: argparse.Namespace) -> str:
    gone = location.remove_data_store(arguments.name, forget_media=arguments.forget_media)
    if not arguments.forget_media:
        return str(arguments.name)
    return f"{arguments.name}: forgot {gone.media} media and {gone.savesets} savesets"


def _define(objects: Verbs, name: str, what: str, remove: Remove) -> None:
    parser = objects.add_parser(name, help=what)
    parser.add_argument("name", type=text, metavar="NAME")

    def run(location: Location, arguments: argparse.Namespace) -> str:
        remove(location, arguments.name)
        return str(arguments.name)

    parser.set_defaults(run=run)
