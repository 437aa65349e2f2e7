"""The only place with SQL, child processes and files."""
