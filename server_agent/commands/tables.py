"""Lists as aligned columns."""

from collections.abc import Sequence


def print_rows(rows: Sequence[tuple[str, ...]]) -> None:
    """The first row has the names of the columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
