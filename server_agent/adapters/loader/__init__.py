"""Loaders that move media between slots and drives."""
