"""`sesam-agent rebuild`: puts a lost catalogue back from what lies in data stores."""

import argparse
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from server_agent import app
from server_agent.adapters.clock import SystemClock
from server_agent.adapters.setup import Lost, make_installation
from server_agent.adapters.trees import Trees
from server_agent.commands.parsing import text
from server_agent.domain.media import FIRST_STORE
from server_agent.domain.quoting import printable
from server_agent.ini_files import ANCHOR, InstallationError
from server_agent.installation import Installation, find_installation
from server_agent.ports import EngineError
from server_agent.ports.rebuilding import FoundMedium, StoreReading
from server_agent.service.rebuilding import CannotRebuild, Found, look


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
        help="a data store: its directory, or restic+SECRET:URL, on a server followed by /LABEL of"
        " a medium; may be given several times",
    )
    parser.add_argument(
        "--secrets",
        metavar="DIR",
        help="directory of the files that open data stores of restic, else those of the root; a"
        " new root gets a copy of them",
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
    with TemporaryDirectory(prefix="sesam-rebuild-") as scratch:
        _rebuild(options, Path(scratch))


def _rebuild(options: argparse.Namespace, scratch: Path) -> None:
    secrets = None if options.secrets is None else Path(os.path.abspath(options.secrets))
    installation = _installation_there(options)
    reading = app.store_reading(installation, secrets, scratch)
    found = look(reading, [os.fsencode(store) for store in options.store])
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
    stores = {medium.store_path for medium in found.media}
    if installation is None:
        with _claimed(stores, found.location_id):  # before anything is made
            installation = _made_anew(options, found)
    if secrets is not None:
        app.take_secrets(installation, secrets)
    reading = app.store_reading(installation, secrets, scratch)
    if not any(medium.path.startswith(b"/") for medium in found.media):
        found.media += _first_of(installation, reading, found)
    with (
        app.opened_rebuilding(installation, reading, set_aside=options.set_aside) as rebuilding,
        _claimed(stores, found.location_id),
    ):
        for sentence in rebuilding.enter(found):
            print(f"  + {sentence}")
    print(
        "Done. Start the agent, look at the retention of the media pools before the next NEWDAY,"
        " and make schedules and events anew:"
        f" sesam-agent --root {installation.anchor.parent} serve"
    )


@contextmanager
def _claimed(stores: Collection[bytes], location_id: str) -> Iterator[None]:
    """Raises CannotRebuild: an agent uses one of the data stores."""
    with ExitStack() as stack:
        try:
            stack.enter_context(app.stores_claimed(stores, location_id))
        except EngineError as error:
            raise CannotRebuild(error.text) from error
        yield


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


def _first_of(installation: Installation, reading: StoreReading, found: Found) -> list[FoundMedium]:
    """The medium that was made together with the installation, if it is there: backups for which
    nobody names a pool go to it."""
    try:
        made = reading.media([os.fsencode(installation.store.parent)])
    except EngineError:
        return []
    taken = {medium.label for medium in found.media}
    return [medium for medium in made if medium.label not in taken]


def _made_anew(options: argparse.Namespace, found: Found) -> Installation:
    # What is named there is the first data store of the location, as far as it was found.
    here = [medium for medium in found.media if medium.path.startswith(b"/")]
    here.sort(key=lambda medium: (medium.store != FIRST_STORE, medium.label))
    lost = Lost(found.location_id, Path(os.fsdecode(here[0].path)) if here else None)
    now = SystemClock().now()
    made = make_installation(
        Trees.below(Path(options.root)), options.name, options.host, options.port, now, lost
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
