"""What stands in a saveset's description so that a lost catalogue can be put back from media alone:
how its client was reached, without secrets, and what was known of its pool."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date

from server_agent.domain.media import LONGEST_EOL_DAYS, MediaPool, Retention
from server_agent.domain.reach import Reach, Ssh
from server_agent.domain.topology import Access, Client

_POOL_FIELDS = ("drive_group", "encrypted", "key_id")
_UNKNOWN_RETENTION = "Put back from its media, retention unknown: nothing is deleted by its age"


def facts_of(reach: Reach, pool: MediaPool, eol: date | None) -> dict[str, str]:
    """Of a backup that begins."""
    kept = {name: getattr(pool, name) for name in _POOL_FIELDS}
    return {
        "eol": eol.isoformat() if eol is not None else "",
        "pool": json.dumps({"name": pool.name, **kept, "retention": asdict(pool.retention)}),
        "ssh": json.dumps(asdict(reach)) if isinstance(reach, Ssh) else "",
    }


def eol_in(facts: Mapping[str, str]) -> date | None:
    """None if it is not known, or had none. Raises ValueError."""
    return date.fromisoformat(facts["eol"]) if facts.get("eol") else None


def client_in(facts: Mapping[str, str], create_at: Client) -> Client:
    """The client that was backed up; the one given if nothing is known of it. Raises ValueError,
    TypeError."""
    if not facts.get("ssh"):
        return create_at
    ssh = Ssh(**json.loads(facts["ssh"]))
    return Client(create_at.name, Access.SSH, create_time=create_at.create_time, version=1, ssh=ssh)


def unknown_pool(name: str, drive_group: str) -> MediaPool:
    """A pool of which nothing is known deletes nothing by its age."""
    return MediaPool(name, drive_group, Retention(eol_days=LONGEST_EOL_DAYS), _UNKNOWN_RETENTION)


def pool_in(name: str, facts: Mapping[str, str]) -> MediaPool | None:
    """The pool as it was when a saveset was written to it; None if nothing is known of it. Raises
    ValueError, KeyError, TypeError."""
    said = json.loads(facts["pool"]) if facts.get("pool") else {}
    if said.get("name") != name:
        return None
    kept = {field: said[field] for field in _POOL_FIELDS if field in said}
    return MediaPool(name, retention=Retention(**said["retention"]), **kept)
