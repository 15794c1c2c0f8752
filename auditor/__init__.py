"""Looks at a city's systems, judges what it saw, grades it and shows it. Knows no check."""

__version__ = "0.1.0"
