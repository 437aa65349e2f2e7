"""`sm_cmd loader NAME adjust|load|unload ... [--json]`: what is where in a loader, compared with
the media; moving a medium into a drive, and back into a slot."""

import argparse

from server_agent.commands.output import print_json_array, print_table, zone_of
from server_agent.commands.parsing import Verbs, add_json, add_verb, text
from sesam_api.loader_records import LoaderPlace
from sesam_api.location import Location

_COLUMNS = ("kind", "number", "is_full", "barcode", "pool")


def define(verbs: Verbs) -> None:
    parser = add_verb(verbs, "loader", "look what is where in a loader, and move media")
    parser.add_argument("name", type=text, metavar="NAME")
    deeds = parser.add_subparsers(dest="what", required=True, metavar="adjust|load|unload")

    adjust = deeds.add_parser("adjust", help="look; jobs that wait for its media try again")
    adjust.set_defaults(run=_adjust)

    load = deeds.add_parser("load", help="move the medium of a slot into an empty drive")
    load.add_argument("slot", type=int, metavar="SLOT", help="from 1 on")
    load.add_argument("drive", type=int, nargs="?", default=0, metavar="DRIVE", help="else 0")
    load.set_defaults(run=_load)

    unload = deeds.add_parser("unload", help="move the medium of a drive into a slot")
    unload.add_argument("drive", type=int, nargs="?", default=0, metavar="DRIVE", help="else 0")
    unload.add_argument(
        "slot",
        type=int,
        nargs="?",
        default=0,
        metavar="SLOT",
        help="else where it came from, or where there is room",
    )
    unload.set_defaults(run=_unload)
    for each in (adjust, load, unload):
        add_json(each)


def _adjust(location: Location, arguments: argparse.Namespace) -> None:
    _print(location, arguments, location.adjust_loader(arguments.name))


def _load(location: Location, arguments: argparse.Namespace) -> None:
    _print(
        location, arguments, location.load_medium(arguments.name, arguments.slot, arguments.drive)
    )


def _unload(location: Location, arguments: argparse.Namespace) -> None:
    places = location.unload_medium(arguments.name, arguments.drive, arguments.slot)
    _print(location, arguments, places)


def _print(location: Location, arguments: argparse.Namespace, places: list[LoaderPlace]) -> None:
    zone = zone_of(location.identity.time_zone)
    if arguments.json:
        print_json_array(places, zone)
    else:
        print_table(places, _COLUMNS, zone)
