"""Names of the files that say how a location is put back; they lie beside the data on a medium."""

SUFFIX = ".disaster.txt"  # behind the name of the saveset
NEWEST = "SESAM_DISASTER.txt"


def is_report(name: str) -> bool:
    """Whether a file of that name says nothing but how a saveset is used."""
    return name == NEWEST or name.endswith(SUFFIX)
