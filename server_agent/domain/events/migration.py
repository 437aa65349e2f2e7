"""Migration events."""

from dataclasses import dataclass

from server_agent.domain.errors import InvalidArgument


@dataclass(frozen=True, slots=True)
class MigrationAction:
    """Copies the savesets of a media pool that have no copy in another one to that.

    Attributes:
        source_pool: empty only of what a person starts for chosen savesets.
        pool: that they are copied to.
        move: they are given up where they were.
        drive: empty for any of the pool's group.
    """

    source_pool: str
    pool: str
    move: bool = False
    drive: str = ""

    @property
    def object_name(self) -> str:
        """What it is about, for lists."""
        return self.source_pool or self.pool

    def checked(self) -> "MigrationAction":
        """Itself, or InvalidArgument."""
        for field, value in (("source_pool", self.source_pool), ("pool", self.pool)):
            if not value:
                raise InvalidArgument(field=field, value="", expected="the name of a media pool")
        if self.source_pool == self.pool:
            raise InvalidArgument(
                field="pool", value=self.pool, expected="another media pool than the source"
            )
        return self
