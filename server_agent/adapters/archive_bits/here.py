"""How archive bits are kept on the machine of the agent."""

import sys

from server_agent.adapters.archive_bits.samba import SambaBits
from server_agent.ports.attributes import ArchiveBits


def archive_bits() -> ArchiveBits:
    """Those of the system on which the agent runs."""
    if sys.platform == "win32":
        from server_agent.adapters.archive_bits.windows import WindowsBits

        return WindowsBits()
    return SambaBits()
