"""The NEWDAY event: there is one, and it can be moved but neither deleted nor disabled."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NewdayAction:
    """Ends a sesam day and begins the next."""

    @property
    def object_name(self) -> str:
        """It is about the location itself."""
        return ""

    def checked(self) -> "NewdayAction":
        """Itself."""
        return self
