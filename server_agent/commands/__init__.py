"""The commands that people and scripts type; thin, over gRPC where the agent runs."""

import os

# Read when gRPC is first imported. Its own lines on stderr repeat what the commands say already.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
