"""A certificate's fingerprint as people compare it: pairs in groups, over two lines."""

SPOKEN_CHARACTERS = 8  # what the other administrator reads out


def grouped(fingerprint: str) -> str:
    """64 hex digits as two lines of four groups of four pairs; other lengths are grouped alike."""
    pairs = [fingerprint[at : at + 2] for at in range(0, len(fingerprint), 2)]
    groups = [" ".join(pairs[at : at + 4]) for at in range(0, len(pairs), 4)]
    return "\n".join("  ".join(groups[at : at + 4]) for at in range(0, len(groups), 4))


def begins_with(fingerprint: str, typed: str) -> bool:
    """Whether what was typed (spaces, colons and case do not matter) is its first characters."""
    plain = "".join(sign for sign in typed if sign not in " :-").upper()
    return len(plain) == SPOKEN_CHARACTERS and fingerprint.upper().startswith(plain)
