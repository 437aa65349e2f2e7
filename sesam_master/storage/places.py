"""Where the desk keeps its own files."""

from dataclasses import dataclass
from pathlib import Path

import platformdirs

APPLICATION = "sesam-master"


@dataclass(frozen=True, slots=True)
class Places:
    """Attributes:
    registry: the list of locations.
    credentials: used only without a keyring.
    pictures: what was last known of each location.
    settings: of the windows.
    views: of the results, that a person saved.
    farms: the order of the locations, and what this desk may do with them.
    passphrase: of the desk lock.
    log: directory of the log files.
    lock: held by the one window that uses all this.
    """

    registry: Path
    credentials: Path
    pictures: Path
    settings: Path
    views: Path
    farms: Path
    passphrase: Path
    log: Path
    lock: Path


def places(profile: Path | None = None) -> Places:
    """Below one profile directory, or where the operating system wants such files. Makes none."""
    if profile is not None:
        configuration = data = cache = profile
        log = profile / "log"
    else:
        configuration = platformdirs.user_config_path(APPLICATION, appauthor=False)
        data = platformdirs.user_data_path(APPLICATION, appauthor=False)
        cache = platformdirs.user_cache_path(APPLICATION, appauthor=False)
        log = platformdirs.user_log_path(APPLICATION, appauthor=False)
    return Places(
        registry=data / "locations.json",
        credentials=data / "credentials.json",
        pictures=cache / "pictures.sqlite",
        settings=configuration / "settings.ini",
        views=configuration / "views.json",
        farms=configuration / "farms.json",
        passphrase=configuration / "desk-lock.json",
        log=log,
        lock=data / "desk.lock",
    )
