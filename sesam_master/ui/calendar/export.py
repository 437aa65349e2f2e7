"""The calendar as a file: CSV of words, or a picture of the whole sheet."""

import csv
import io

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QImage, QPainter

from sesam_master.core.calendar import CalendarView
from sesam_master.core.sheet_shown import PLANNED_DARK, shown_state
from sesam_master.core.states import WORDS
from sesam_master.ui.calendar.cursor import Cursor
from sesam_master.ui.calendar.sheet_view import SheetView

MOST_PIXELS = 120_000_000
MOST_SIDE = 32_767  # of a painter's device
_FACTS = ("Location", "Farm", "Client", "Kind", "Task")


class ExportError(Exception):
    """Why there is no file; the text says what to do."""


def csv_text(view: CalendarView, reasons: dict[str, str]) -> str:
    """A line per row that passed the filter, under closed heads too; a column per sesam day.

    Several runs are counted in brackets: OK (24). Of a dark location the line says why.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    days = [view.span.day(place).isoformat() for place in range(view.span.days)]
    writer.writerow([*_FACTS, "Not live", *days])
    for row in view.rows:
        place = row.place
        facts = [place.name, place.farm, row.row.client, row.row.kind.value, row.row.name]
        cells = [_cell(code, runs) for code, runs in zip(row.cells, row.runs, strict=True)]
        writer.writerow(_safe([*facts, reasons.get(place.location_id, ""), *cells]))
    return out.getvalue()


def chosen_text(cursor: Cursor) -> str:
    """The chosen cells as lines of tab-separated words, for the clipboard."""
    span, days = cursor.view.span, cursor.days
    head = ["Location", "Task", *(span.day(day).isoformat() for day in days)]
    lines = [head] + [
        [row.place.name, row.row.title, *(_cell(row.cells[d], row.runs[d]) for d in days)]
        for row in cursor.rows()
    ]
    return "\n".join("\t".join(line) for line in lines)


def sheet_image(sheet: SheetView) -> QImage:
    """The whole sheet with its headers, as zoomed. Raises ExportError when it is too large."""
    geometry = sheet.cell_places
    left, top = sheet.row_header.width(), sheet.day_header.height()
    size = QSize(left + geometry.width, top + geometry.height)
    ratio = sheet.devicePixelRatioF()
    pixels = size * ratio
    is_large = pixels.width() * pixels.height() > MOST_PIXELS
    if is_large or max(pixels.width(), pixels.height()) > MOST_SIDE:
        raise ExportError(
            f"The picture would be {pixels.width()} × {pixels.height()} pixels, which is too "
            "large. Close heads, narrow the rows or make the days smaller, and export again."
        )
    image = QImage(pixels, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    painter = QPainter(image)
    sheet.paint_corner(painter, QRect(0, 0, left, top))
    painter.translate(left, 0)
    sheet.day_header.paint_all(painter, QSize(geometry.width, top))
    painter.translate(-left, top)
    sheet.row_header.paint_all(painter, QSize(left, geometry.height))
    painter.translate(left, 0)
    painter.setClipRect(0, 0, geometry.width, geometry.height)
    whole = QRect(0, 0, geometry.width, geometry.height)
    sheet.paint_content(painter, whole, whole)
    painter.end()
    return image


def _cell(code: int, runs: int) -> str:
    word = "Planned, unknown" if code == PLANNED_DARK else WORDS[shown_state(code)]
    return f"{word} ({runs})" if runs > 1 else word


def _safe(values: list[str]) -> list[str]:
    """A name that begins like a formula is text all the same."""
    return [f"'{value}" if value[:1] in ("=", "+", "-", "@") else value for value in values]
