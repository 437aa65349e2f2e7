"""The desk: one window over every location, or over one (`--local`)."""
