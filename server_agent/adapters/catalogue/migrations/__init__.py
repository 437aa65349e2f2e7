"""Every step from an empty database to the newest schema, in order.

Step n brings version n - 1 to version n. A step is never changed once it was given out: it holds
its own picture of the tables, and `schema` shows what all of them together come to.
"""

from collections.abc import Callable

import sqlalchemy as sa

from server_agent.adapters.catalogue.migrations import (
    m0001_tables,
    m0002_damage,
    m0003_severity,
    m0004_sequence,
    m0005_listing,
    m0006_plan,
    m0007_job_sums,
    m0008_word_places,
    m0009_media,
    m0010_copies,
    m0011_tape_devices,
    m0012_installation,
)

Migration = Callable[[sa.Connection], None]

MIGRATIONS: tuple[Migration, ...] = (
    m0001_tables.upgrade,
    m0002_damage.upgrade,
    m0003_severity.upgrade,
    m0004_sequence.upgrade,
    m0005_listing.upgrade,
    m0006_plan.upgrade,
    m0007_job_sums.upgrade,
    m0008_word_places.upgrade,
    m0009_media.upgrade,
    m0010_copies.upgrade,
    m0011_tape_devices.upgrade,
    m0012_installation.upgrade,
)
