"""Servicers: convert, call the service, convert back."""
