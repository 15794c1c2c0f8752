"""How long keys must be, by their kind, and on which curves they may lie."""

from __future__ import annotations

from auditor.facts.certificates import EXPLICIT_CURVE, KeyKind

# Bits that give 112 and 80 bits of strength (NIST SP 800-57 part 1 table 2): the first is today's floor; below the
# second a key can be broken with money. Ed25519 and Ed448 have one size each.
FLOOR_BITS = {KeyKind.RSA: 2048, KeyKind.DSA: 2048, KeyKind.EC: 224}
BROKEN_BITS = {KeyKind.RSA: 1024, KeyKind.DSA: 1024, KeyKind.EC: 160}
# P-256, P-384 and P-521: CA/B BR 6.1.5, Mozilla's root store policy 3.0 section 5.1. Chrome takes no leaf on the last.
USUAL_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})


def is_uncommon(curve: str, bits: int, *, is_public: bool) -> bool:
    """Do clients refuse a key for its curve? A key that is too short on any curve is left aside.

    `is_public`: clients believe public authorities. Those of an operator's own authority take what he set up.
    """
    if curve == EXPLICIT_CURVE:
        return True
    return is_public and curve not in USUAL_CURVES and bits >= FLOOR_BITS[KeyKind.EC]
