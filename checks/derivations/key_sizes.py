"""How long keys must be, by their kind."""

from __future__ import annotations

from auditor.facts.certificates import KeyKind

# Bits that give 112 and 80 bits of strength (NIST SP 800-57 part 1 table 2): the first is today's floor; below the
# second a key can be broken with money. Ed25519 and Ed448 have one size each.
FLOOR_BITS = {KeyKind.RSA: 2048, KeyKind.DSA: 2048, KeyKind.EC: 224}
BROKEN_BITS = {KeyKind.RSA: 1024, KeyKind.DSA: 1024, KeyKind.EC: 160}
