"""`sm_cmd requests [--json]`: the media that jobs wait for because nobody has put them in."""

import argparse

from server_agent.commands.output import print_json_array, print_table, zone_of
from server_agent.commands.parsing import Verbs, add_json, add_verb
from sesam_api.location import Location

_COLUMNS = (
    "label",
    "pool",
    "data_store",
    "path",
    "job_ids",
    "since_time",
    "alarm_time",
    "is_new",
    "fault",
)


def define(verbs: Verbs) -> None:
    parser = add_verb(verbs, "requests", "list the media that somebody has to put in")
    add_json(parser)
    parser.set_defaults(run=_requests)


def _requests(location: Location, arguments: argparse.Namespace) -> None:
    zone = zone_of(location.identity.time_zone)
    wanted = location.media_requests()
    if arguments.json:
        print_json_array(wanted, zone)
    else:
        print_table(wanted, _COLUMNS, zone)
