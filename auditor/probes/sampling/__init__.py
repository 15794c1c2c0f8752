"""Looks into a few objects of a bucket, where the inventory asks for it: tells kinds of data, and keeps no value."""
