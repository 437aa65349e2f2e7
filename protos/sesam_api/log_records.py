"""Records of the logs of a location, as in `records`."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Log:
    """A log of one sesam day.

    Attributes:
        kind: "state", "day", "error" or "part".
        name: of a part; else "".
        sesam_day: YYYY-MM-DD.
        size: in bytes; of the error log that of the day log.
        cut: its oldest lines are not kept any more.
    """

    kind: str
    name: str
    sesam_day: str
    size: int
    cut: bool


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a log.

    Attributes:
        sesam_day: YYYY-MM-DD.
        position: where it begins in the log of its day.
        time: None where the line has none.
        level: "info", "warning" or "error".
        text: the whole line.
    """

    sesam_day: str
    position: int
    time: datetime | None
    level: str
    text: str
