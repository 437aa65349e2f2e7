"""Values that are converted when somebody looks at them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class Lazy(Mapping[str, Value], Generic[Value]):
    """Values by key, each converted when it is first asked for.

    A fleet of 1000 locations brings a quarter of a million objects at the start, of which a
    person looks at a few hundred.
    """

    def __init__(
        self, raw: Mapping[str, Any] | None = None, convert: Callable[[Any], Value] | None = None
    ) -> None:
        self._raw: dict[str, Any] = dict(raw or {})
        self._convert = convert
        self._ready: dict[str, Value] = {}
        self._groups: dict[str, list[str]] | None = None

    def __getitem__(self, key: str) -> Value:
        value = self._ready.get(key)
        if value is None:
            raw = self._raw[key]
            value = self._convert(raw) if self._convert else raw
            self._ready[key] = value
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)

    def put(self, key: str, value: Value) -> None:
        """Adds or replaces a value that is converted already."""
        self._raw[key] = value
        self._ready[key] = value
        self._groups = None

    def drop(self, key: str) -> None:
        """No error if it is not there."""
        self._raw.pop(key, None)
        self._ready.pop(key, None)
        self._groups = None

    def grouped(self, group: Callable[[Value], str]) -> Mapping[str, list[str]]:
        """The keys by group, found once until something changes; `group` is always the same."""
        if self._groups is None:
            self._groups = {}
            for key in self._raw:
                self._groups.setdefault(group(self[key]), []).append(key)
        return self._groups
