"""The agent of one location: wraps the backup engine and answers over gRPC."""
