"""`sesam-agent rebuild`: puts a lost catalogue back from what lies in data stores."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from server_agent import app
from server_agent.adapters.clock import SystemClock
from server_agent.adapters.setup import Lost, make_installation
from server_agent.commands.parsing import text
from server_agent.domain.media import FIRST_STORE
from server_agent.domain.quoting import printable
from server_agent.installation import ANCHOR, Installation, InstallationError, find_installation
from server_agent.service.rebuilding import CannotRebuild, Found, look

_REPOSITORIES = ("restic:", "restic+")


def define(verbs: Any, default_host: str, default_port: int, port: Any) -> None:
    parser = verbs.add_parser(
        "rebuild",
        help="put the catalogue back from data stores alone, while the agent does not run",
        description="Enters savesets, media, pools, tasks and clients that lie in data stores and"
        " are not in the catalogue, and puts their listings back. Nothing on a medium is changed."
        " It may be done again.",
    )
    parser.add_argument(
        "--store",
        action="append",
        required=True,
        metavar="DIR",
        help="directory of a data store; may be given several times",
    )
    parser.add_argument("--dry-run", action="store_true", help="only list what is found")
    parser.add_argument(
        "--set-aside",
        action="store_true",
        help="put a catalogue that is damaged aside, and begin with an empty one",
    )
    parser.add_argument(
        "--name", type=text, help="of the location, where --root has no agent: one is made there"
    )
    parser.add_argument("--host", type=text, default=default_host, help="then: as of init")
    parser.add_argument("--port", type=port, default=default_port, help="then: as of init")


def rebuild(options: argparse.Namespace) -> None:
    """Raises CannotRebuild, InstallationError, CatalogueError, AlreadyRunning, OSError."""
    for store in options.store:
        if store.startswith(_REPOSITORIES):
            raise CannotRebuild(
                f"{store} holds repositories of restic, and listings do not lie in them: put the"
                " location back from its self-backup. What a snapshot is, its tag says, see"
                " docs/restic.md"
            )
    installation = _installation_there(options)
    found = look(app.store_reading(installation), [os.fsencode(store) for store in options.store])
    _tell(found)
    if installation is not None and installation.location_id != found.location_id:
        raise CannotRebuild(
            f"These data stores belong to the location {found.location_id}, and"
            f" {installation.anchor.parent} is {installation.location_id}. Name a new directory"
            " with --root DIR, and --name NAME"
        )
    if options.dry_run:
        print("Nothing was entered: --dry-run")
        return
    if installation is None:
        installation = _made_anew(options, found)
    with app.opened_rebuilding(installation, set_aside=options.set_aside) as rebuilding:
        for sentence in rebuilding.enter(found):
            print(f"  + {sentence}")
    print(
        "Done. Start the agent, look at the retention of the media pools before the next NEWDAY,"
        " and make schedules and events anew:"
        f" sesam-agent --root {installation.anchor.parent} serve"
    )


def _installation_there(options: argparse.Namespace) -> Installation | None:
    """That of the root; None if one is to be made there."""
    root = None if options.root is None else Path(options.root)
    if root is None or os.path.lexists(root / ANCHOR):
        return find_installation(root, os.environ)
    if options.name is None and not options.dry_run:
        raise InstallationError(
            f"No agent at {root}. To make one there that is the lost location, give its name with"
            " --name NAME"
        )
    return None


def _made_anew(options: argparse.Namespace, found: Found) -> Installation:
    # What is named there is the first data store of the location, as far as it was found.
    first = min(found.media, key=lambda medium: (medium.store != FIRST_STORE, medium.label))
    lost = Lost(found.location_id, Path(os.fsdecode(first.path)))
    now = SystemClock().now()
    made = make_installation(
        Path(options.root), options.name, options.host, options.port, now, lost
    )
    print(f"Made {made.anchor.parent} with a new certificate: desks have to be enrolled again")
    return made


def _tell(found: Found) -> None:
    for medium in found.media:
        here = [each for each in found.savesets if each.label == medium.label]
        size = sum(each.result.stored_bytes for each in here)
        where = printable(medium.store_path)
        print(f"{medium.label} in {where}: {len(here)} savesets, {size} bytes")
        for each in here:
            facts = each.facts
            built = f", builds on {each.base}" if each.base else ""
            who = f"task {facts.get('task', '?')}, client {facts.get('client', '?')}"
            print(f"  {each.name}  {each.sesam_day}  {who}{built}")
    _list("Left as it is:", [f"{printable(each.path)}: {each.why}" for each in found.left])


def _list(head: str, lines: Sequence[str]) -> None:
    if lines:
        print(head)
    for line in lines:
        print(f"  {line}")
