"""Archive bits of files, each way of keeping them in a module of its own."""
