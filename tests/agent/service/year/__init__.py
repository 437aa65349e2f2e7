"""A simulated year of one location, and what ought to come of it."""
