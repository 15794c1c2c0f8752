"""Where the hosts of the bench are, by their numbers. Apart from what serves them: a scan needs no more of it."""

from __future__ import annotations


def name_of(number: int) -> str:
    return f"host{number}.city.example"


def address_of(number: int) -> str:
    """127.0.1.1 and on, 200 to a network."""
    network, last = divmod(number - 1, 200)
    return f"127.0.{network + 1}.{last + 1}"
