"""Where the bundled icons, marks and fonts lie, in a checkout and in an installed package."""

from functools import cache
from pathlib import Path


@cache
def resources_directory() -> Path:
    """The directory that holds `icons/`, `marks/` and `fonts/`.

    Raises FileNotFoundError when neither the installed nor the checkout place exists.
    """
    package = Path(__file__).resolve().parent.parent
    places = (package / "resources", package.parent / "resources")
    for place in places:
        if (place / "icons").is_dir():
            return place
    raise FileNotFoundError(
        f"The icons and fonts of the desk are missing: looked in {places[0]} and {places[1]}. "
        "Install the package again."
    )


def icon_path(name: str) -> Path:
    """The SVG of the icon set, by its Lucide name ("rotate-ccw").

    Raises KeyError for a name that is not bundled.
    """
    path = resources_directory() / "icons" / f"{name}.svg"
    if not path.is_file():
        raise KeyError(f"No icon is named {name!r}. The bundled ones are in {path.parent}.")
    return path


def mark_path(theme_name: str, name: str) -> Path:
    """A small mark in the colours of one theme, for places that only a style sheet reaches.

    Raises KeyError for an unknown theme or mark.
    """
    path = resources_directory() / "marks" / theme_name / f"{name}.svg"
    if not path.is_file():
        raise KeyError(f"No mark is named {name!r} in the theme {theme_name!r} ({path.parent}).")
    return path


def font_paths() -> tuple[Path, ...]:
    """The bundled font files, sorted by name."""
    directory = resources_directory() / "fonts"
    return tuple(sorted(p for p in directory.iterdir() if p.suffix in {".otf", ".ttf"}))
