"""Reads Strict-Transport-Security headers as a browser does (RFC 6797). Must not know where a header came from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.facts.web import Hsts

# RFC 6797 section 6.1 in the terms of RFC 2616: token, quoted-string, and linear white space around both.
SPACE = r"[ \t]*"
DIRECTIVE = re.compile(
    rf"{SPACE}(?:(?P<name>[!#$%&'*+\-.^_`|~0-9A-Za-z]+){SPACE}"
    rf"(?:={SPACE}(?:(?P<token>[!#$%&'*+\-.^_`|~0-9A-Za-z]+)|\"(?P<quoted>(?:[^\"\\]|\\.)*)\"){SPACE})?)?(?:;|\Z)",
    re.DOTALL,
)
FOLD = re.compile(r"\r?\n[ \t]+")  # an obsolete line fold counts as a space (RFC 9112 section 5.2)
FOREVER_S = 10**12  # longer than any browser remembers; keeps absurd numbers out of the facts


def parse_hsts(header: str) -> Hsts | None:
    """Read one Strict-Transport-Security value (RFC 6797 section 6.1).

    `header`: the raw value. Directive names are case-insensitive, values may be quoted, unknown directives are ignored.
    Returns None where a browser ignores the whole header: broken syntax, a directive twice, max-age absent or not a
    whole number of seconds, includeSubDomains with a value.
    """
    directives: dict[str, str | None] = {}
    for directive in _directives(FOLD.sub(" ", header)):
        if directive is None or directive[0] in directives:
            return None
        directives[directive[0]] = directive[1]
    age = directives.get("max-age")
    if age is None or not re.fullmatch(r"[0-9]+", age) or directives.get("includesubdomains") is not None:
        return None
    return Hsts(
        max_age_s=_seconds(age), include_subdomains="includesubdomains" in directives, preload="preload" in directives
    )


def _directives(header: str) -> Iterator[tuple[str, str | None] | None]:
    """Each directive as (lower-case name, value or None); None once, last, where the syntax breaks."""
    position = 0
    while position < len(header):
        found = DIRECTIVE.match(header, position)
        if found is None:
            yield None
            return
        position = found.end()
        if found["name"] is not None:
            yield found["name"].lower(), _value(found)


def _value(found: re.Match[str]) -> str | None:
    if found["quoted"] is not None:
        return re.sub(r"\\(.)", r"\1", found["quoted"], flags=re.DOTALL)
    return found["token"]


def _seconds(digits: str) -> int:
    """Digits as seconds. Python refuses to read very long numbers, and no browser needs them."""
    digits = digits.lstrip("0")
    return FOREVER_S if len(digits) > 12 else int(digits or "0")
