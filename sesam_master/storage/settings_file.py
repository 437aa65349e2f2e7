"""The settings of the desk's window in an INI file."""

import base64
import binascii
import configparser
import io
import logging
from pathlib import Path

from sesam_master.core.registry import KeepingError
from sesam_master.core.settings import Settings
from sesam_master.storage.atomic import replace

SECTION = "window"
_log = logging.getLogger(__name__)


class SettingsFile:
    """Implements core.settings.SettingsStore. A file that cannot be used is told to the log only:
    a desk that opens with its default look is better than one that does not open."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Settings:
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read_string(self._path.read_text(encoding="utf-8"), str(self._path))
        except FileNotFoundError:
            return Settings()
        except (OSError, UnicodeDecodeError, configparser.Error) as error:
            _log.warning("The settings of the window cannot be used: %s", error)
            return Settings()
        kept = parser[SECTION] if parser.has_section(SECTION) else {}
        return Settings(
            theme=kept.get("theme", Settings().theme),
            text_px=_number(kept.get("text_px", "")),
            geometry=_bytes(kept.get("geometry", "")),
            panes=_bytes(kept.get("panes", "")),
            results=kept.get("results", ""),
            calendar=kept.get("calendar", ""),
            now=kept.get("now", ""),
            savesets=kept.get("savesets", ""),
        )

    def save(self, settings: Settings) -> None:
        parser = configparser.ConfigParser(interpolation=None)
        parser[SECTION] = {
            "theme": settings.theme,
            "text_px": "" if settings.text_px is None else f"{settings.text_px:g}",
            "geometry": base64.b64encode(settings.geometry).decode("ascii"),
            "panes": base64.b64encode(settings.panes).decode("ascii"),
            "results": settings.results,
            "calendar": settings.calendar,
            "now": settings.now,
            "savesets": settings.savesets,
        }
        text = io.StringIO()
        parser.write(text)
        try:
            replace(self._path, text.getvalue().encode("utf-8"))
        except OSError as error:
            raise KeepingError(
                f"The settings of the window cannot be kept in {self._path}: {error.strerror}. "
                "Make room or rights there; nothing else is lost."
            ) from error


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""
