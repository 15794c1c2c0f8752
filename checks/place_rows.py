"""Places at rest → rows of evidence, and what "encrypted" rests on in a sentence. Knows no rule."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.check import not_applicable, passed
from auditor.facts.at_rest import AtRest, Confidence, DataAtRest, Resting
from auditor.model import Evidence, Verdict
from checks.counted import counted

ROWS = 20  # evidence rows of one finding
WANTED = "an encrypting layer (LUKS) below it"
BELOW = "disk-plain-volume"  # the check that asks the cloud
FAULTS = (AtRest.PLAIN, AtRest.PARTLY_PLAIN)
JUDGED = (AtRest.ENCRYPTED, AtRest.VOLUME, *FAULTS)
SENTENCES = {
    Confidence.LAYER_ONLY: "The cipher was not read, and the server's own kernel was believed (layer-only).",
    Confidence.CIPHER_VERIFIED: "The ciphers were read, and the server's own kernel was believed (cipher-verified).",
    Confidence.ASSERTED: "Somebody else's word was taken for it (asserted).",
}
WEAKEST_FIRST = (Confidence.ASSERTED, Confidence.LAYER_ONLY, Confidence.CIPHER_VERIFIED)


def believed(places: Iterable[Resting]) -> str:
    """What the weakest of the encrypted places rests on; nothing to say where none is encrypted."""
    found = [place.confidence for place in places if place.confidence is not None]
    return SENTENCES[min(found, key=WEAKEST_FIRST.index)] if found else "The server's own kernel was believed."


def sound(facts: DataAtRest, summary: str) -> Verdict:
    """No fault within the server. What lies on a cloud's volumes is neither sound nor faulty by what the guest sees."""
    below = facts.those(AtRest.VOLUME)
    if below:
        return not_applicable(
            f"{counted(len(below), 'place lies', 'places lie')} on volumes of a cloud: see {BELOW}",
            *rows_of(facts.places),
        )
    return passed(f"{summary} {believed(facts.places)}", *rows_of(facts.places))


def rows_of(places: Iterable[Resting]) -> tuple[Evidence, ...]:
    """One row a place, the first twenty, and a row that counts the rest."""
    rows = [_row(place) for place in places]
    if len(rows) <= ROWS:
        return tuple(rows)
    return (*rows[:ROWS], Evidence(f"{len(rows) - ROWS} more", "not shown here; they stand in the facts", WANTED))


def _row(place: Resting) -> Evidence:
    if place.state is AtRest.EXEMPT:
        return Evidence(place.place, f"{place.chain} ({place.why})", "nothing: it is not judged")
    sure = f" ({place.confidence.value})" if place.confidence else ""
    seen = f"{place.state.value.replace('_', ' ')}{sure}: {place.chain or place.why}"
    return Evidence(place.place, f"{seen} ({place.why})" if place.chain and place.why else seen, WANTED)
