"""How long the desk waits for what. All in seconds."""

from dataclasses import dataclass

from sesam_master.core.states import PROOF_SECONDS


@dataclass(frozen=True, slots=True)
class Times:
    """Attributes:
    silence: a watch stream without any message is given up after it.
    proof: a location whose last proof is older is stale.
    connect: for name, TCP and TLS of a new connection.
    probe: for each step of looking for the reason of a failure.
    call, list_call: for a call; for one that reads a page of a long list.
    robot: for a call that moves a loader, which is said when it has moved.
    first_pause, longest_pause: between two attempts to connect; each is twice the one before, until
        a connection stood for longer than the longest.
    keep: between two savings of the pictures.
    sheet: between two questions for the calendar sheet that is kept of a location.
    follow: between two looks whether another desk has changed the list of locations.
    """

    silence: float = PROOF_SECONDS
    proof: float = PROOF_SECONDS
    connect: float = 10.0
    probe: float = 5.0
    call: float = 5.0
    list_call: float = 10.0
    robot: float = 900.0
    first_pause: float = 0.5
    longest_pause: float = 30.0
    keep: float = 10.0
    sheet: float = 300.0
    follow: float = 2.0
