"""Programs at a client, run through OpenSSH without an agent there."""
