"""Measures what has a promised figure. Not part of the program, of the wheel, or of what runs before a change lands."""
