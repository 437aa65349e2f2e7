"""Says what a search has not looked through."""

import sys

from sesam_api.finding_records import Unindexed

_MOST_NAMED = 5


def tell_unindexed(unindexed: Unindexed) -> None:
    """On stderr, if there is anything: the list itself stays as it is."""
    if not unindexed.total:
        return
    savesets = "1 saveset was" if unindexed.total == 1 else f"{unindexed.total} savesets were"
    print(f"{savesets} not looked through:", file=sys.stderr)
    for one in unindexed.savesets[:_MOST_NAMED]:
        print(f"  {one.saveset} ({one.task} on {one.client}): {one.cause}", file=sys.stderr)
    if unindexed.total > _MOST_NAMED:
        print(f"  and {unindexed.total - _MOST_NAMED} more", file=sys.stderr)
