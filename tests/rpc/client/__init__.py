"""The client for scripts."""
