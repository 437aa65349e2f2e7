"""Figures about a location for programs that collect such, such as Prometheus."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class FigureKind(StrEnum):
    """GAUGE: as it is now. COUNTER: only ever more, since the agent started."""

    GAUGE = "gauge"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class Sample:
    """One value, in the unit that the figure's name ends with."""

    value: float
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with all its samples.

    Attributes:
        name: by the rules of Prometheus, with its unit at the end.
        about: what it says, for people.
        labels: names, the same for all samples.
    """

    name: str
    about: str
    kind: FigureKind
    labels: tuple[str, ...]
    samples: tuple[Sample, ...]
