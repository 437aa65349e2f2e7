"""What this desk itself refuses or fails at, in words: the counterpart of the agents' reasons."""

from sesam_master.core.errors import DeskReason

# reason -> why, what to do; the names in braces are metadata of the reason.
DESK_REASONS: dict[str, tuple[str, str]] = {
    DeskReason.NOT_LISTED: (
        "The location is not one of this desk's any more; nothing was sent.",
        "Add it again if it was deleted by mistake.",
    ),
    DeskReason.ALREADY_LISTED: (
        "This agent is the location “{name}”, which this desk has already, at {address}. {token}",
        "Replace its address, certificate and credential only if its agent was moved or enrolled "
        "anew; name, farm and switch stay as they are.",
    ),
    DeskReason.FINGERPRINT_MISMATCH: (
        "The agent there shows the fingerprint {presented}, but {expected} was given. "
        "Nothing was sent.",
        "Run sesam-agent fingerprint on the server: if it prints the first one, give that one; "
        "if it prints another, a different machine answers at this address.",
    ),
    DeskReason.NOT_REACHED: (
        "{found}",
        "{advice}",
    ),
    DeskReason.NOT_SUPPORTED: (
        "Its agent does not know this call, so agent and desk are too far apart in age.",
        "Compare their versions and update the older one.",
    ),
    DeskReason.ENROL_UNANSWERED: (
        "It did not answer in time; the token may be used up.",
        "Do it again with the same token; if that says that it was used, make a new one with "
        "sesam-agent token.",
    ),
}
