"""`sm_cmd check client NAME` and `sm_cmd check host HOST [--port N]`."""

import argparse

from server_agent.commands.parsing import Verbs, add_objects, add_verb, text
from sesam_api.location import Location


def define(verbs: Verbs) -> None:
    objects = add_objects(verbs, "check", "whether a client can be used, which key a host shows")
    client = add_verb(objects, "client", "says what cannot be saved of it as it should be")
    client.add_argument("name", type=text, metavar="NAME")
    client.set_defaults(run=_check_client)
    host = add_verb(objects, "host", "the keys that it shows by SSH, to be pinned")
    host.add_argument("host", type=text, metavar="HOST")
    host.add_argument("--port", type=int, default=22)
    host.set_defaults(run=_check_host)


def _check_client(location: Location, arguments: argparse.Namespace) -> str:
    return "\n".join(location.check_client(arguments.name))


def _check_host(location: Location, arguments: argparse.Namespace) -> str:
    keys = location.host_keys(arguments.host, arguments.port)
    return "\n".join(f"{key.fingerprint} {key.key}" for key in keys)
