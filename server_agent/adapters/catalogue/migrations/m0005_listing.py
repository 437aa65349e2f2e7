"""Version 5: of a saveset that is missing, whether it is its listing."""

import sqlalchemy as sa


def upgrade(connection: sa.Connection) -> None:
    """Adds the column to the tables of version 4."""
    connection.exec_driver_sql(
        "ALTER TABLE savesets ADD COLUMN lacks_listing BOOLEAN DEFAULT 0 NOT NULL"
    )
