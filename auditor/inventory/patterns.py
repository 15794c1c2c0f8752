"""One host pattern → the hosts that it means: `db[01-40].elm.example`, `app[1-3,7].elm.example`. Knows no file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

MOST_HOSTS = 1_000  # of one pattern
GROUP = re.compile(r"\[([0-9,-]*)\]")
RANGE = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?")


def is_pattern(text: str) -> bool:
    return GROUP.search(text) is not None


def hosts_of(pattern: str) -> Iterator[tuple[str, str]]:
    """Each host with what tells it from the others: ("01", "db01.elm.example"), of two groups "1-01".

    Raises ValueError with a sentence.
    """
    between, groups = GROUP.split(pattern)[::2], GROUP.findall(pattern)
    choices = [_numbers(group) for group in groups]
    count = 1
    for choice in choices:
        count *= len(choice)
    if count > MOST_HOSTS:
        raise ValueError(f"this pattern means {count} hosts, and at most {MOST_HOSTS} are read.")
    return (_host(between, chosen) for chosen in product(*choices))


def _host(between: list[str], chosen: tuple[str, ...]) -> tuple[str, str]:
    rest = "".join(number + text for number, text in zip(chosen, between[1:], strict=True))
    return "-".join(chosen), between[0] + rest


def _numbers(group: str) -> list[str]:
    found: list[str] = []
    for part in group.split(","):
        ends = RANGE.fullmatch(part)
        if not ends:
            raise ValueError("a pattern is written like db[01-40] or db[1-3,7].")
        found += _range(ends[1], ends[2] or ends[1])
        if len(found) > MOST_HOSTS:
            raise ValueError(f"a pattern means {MOST_HOSTS} hosts at most.")
    if len(set(found)) < len(found):
        raise ValueError("this pattern means one host twice.")
    return found


def _range(first: str, last: str) -> list[str]:
    """Zeros in front are kept: where there are some, both ends have as many digits."""
    if int(first) > int(last):
        raise ValueError(f"the range {first}-{last} runs backwards.")
    if len(first) != len(last) and (_is_padded(first) or _is_padded(last)):
        raise ValueError(f"write both ends of {first}-{last} with as many digits.")
    if int(last) - int(first) >= MOST_HOSTS:
        raise ValueError(f"a pattern means {MOST_HOSTS} hosts at most.")
    return [str(number).zfill(len(first)) for number in range(int(first), int(last) + 1)]


def _is_padded(number: str) -> bool:
    return len(number) > 1 and number.startswith("0")
