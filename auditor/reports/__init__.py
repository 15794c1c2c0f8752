"""Renderers of one Report. They decide nothing; what came from a target is made harmless for each medium."""
