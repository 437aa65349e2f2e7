"""`sm_cmd history stores|growth`: how full data stores were, and what backups saved day by day."""

import argparse

from server_agent.commands.output import print_json_array, print_table, zone_of
from server_agent.commands.parsing import Verbs, add_json, add_objects, text
from server_agent.commands.plan_words import day
from sesam_api.location import Location

_OF_STORES = ("data_store", "sesam_day", "time", "capacity", "free", "stored_size")
_OF_GROWTH = ("sesam_day", "backups", "files", "saved_size", "stored_size", "duration")


def define(verbs: Verbs) -> None:
    objects = add_objects(verbs, "history", "list how the location has grown")
    stores = objects.add_parser("stores", help="how full data stores were, oldest first")
    stores.add_argument("name", type=text, nargs="?", default="", help="of this one; else of all")
    stores.set_defaults(run=_stores)
    growth = objects.add_parser("growth", help="what backups saved on each sesam day")
    growth.add_argument("--client", type=text, default="", help="of this client only")
    growth.add_argument("--task", type=text, default="", help="of this task only")
    growth.set_defaults(run=_growth)
    for parser in (stores, growth):
        parser.add_argument("--from", dest="first", type=day, metavar="D", help="first sesam day")
        parser.add_argument("--to", dest="last", type=day, metavar="D", help="last sesam day")
        add_json(parser)


def _stores(location: Location, arguments: argparse.Namespace) -> None:
    samples = location.store_history(arguments.name, days=_days(arguments))
    zone = zone_of(location.identity.time_zone)
    if arguments.json:
        print_json_array(samples, zone)
    else:
        print_table(samples, _OF_STORES, zone)


def _growth(location: Location, arguments: argparse.Namespace) -> None:
    growth = location.growth(client=arguments.client, task=arguments.task, days=_days(arguments))
    zone = zone_of(location.identity.time_zone)
    if arguments.json:
        print_json_array(growth, zone)
    else:
        print_table(growth, _OF_GROWTH, zone)


def _days(arguments: argparse.Namespace) -> tuple[str, str]:
    first, last = arguments.first, arguments.last
    return first.isoformat() if first else "", last.isoformat() if last else ""
