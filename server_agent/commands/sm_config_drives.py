"""`sm_config_drives`: looks at every drive, and says whether it can be used.

Source: the manual, "Start and stop". The agent sets its drives up itself when it starts; this asks
it how they are.
"""

import sys

from server_agent.commands.parsing import Parser
from server_agent.commands.programs import ran, say
from server_agent.commands.sm_cmd import agent_of
from server_agent.domain.quoting import printable
from server_agent.installation import Installation
from sesam_api.location import Location
from sesam_api.media_records import DataStore


def main(argv: list[str] | None = None) -> int:
    """The exit status: 0; 1 if a drive cannot be used."""
    return ran("sm_config_drives", make_parser(), sys.argv[1:] if argv is None else argv)


def make_parser() -> Parser:
    parser = Parser(prog="sm_config_drives", description="Looks at the drives of the agent.")
    parser.set_defaults(run=lambda installation, _arguments: configure(installation))
    return parser


def configure(installation: Installation) -> int:
    """Says how each drive is; 1 if one that is on cannot be used."""
    with agent_of(installation) as location:
        return _configured(location)


def _configured(location: Location) -> int:
    stores = {store.name: store for store in location.data_stores()}
    status = 0
    for drive in location.drives():
        store = stores.get(drive.data_store)
        fault = _fault(store)
        if not drive.active:
            text = "off"
        elif fault:
            status, text = 1, f"cannot be used: {fault}"
        else:
            text = "ready"
        place = printable(store.path) if store is not None else "-"
        say(f"Drive {drive.name}, data store {drive.data_store} ({place}): {text}")
    return status


def _fault(store: DataStore | None) -> str:
    if store is None:
        return "its data store does not exist"
    return store.fault


if __name__ == "__main__":
    sys.exit(main())
