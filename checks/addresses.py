"""The rule about the addresses behind one name. Reads what was compared, never a server."""

from __future__ import annotations

from auditor.check import MEDIUM, check, failed, not_applicable, passed
from auditor.facts.addresses import AddressDrift
from auditor.model import Evidence, Verdict

PLACES = 5  # named for one answer


@check("addresses-differ", reads=AddressDrift, severity=MEDIUM, effort=3, controls=("RFC 9325 3.9",))
def differ(facts: AddressDrift) -> Verdict:
    """The addresses behind one name are not protected alike.

    Why: Which address a resident is sent to is chance, or an attacker's choice. The name is only as safe as its weakest
    address, and a difference mostly means that one machine was forgotten when the others were mended.
    Fix: Give every machine behind the name the same settings, from one template, or take the odd one out of DNS. The
    evidence says what differs where. Look at IPv6 too: it often ends on another machine.
    """
    if len(facts.addresses) == 1:
        return not_applicable("the name has one address, as far as the resolver tells")
    if not facts.differences:
        return passed(f"All {len(facts.addresses)} addresses are protected alike.")
    rows = (
        Evidence(f"{difference.question} at {_places(shown.places)}", shown.answer, "the same at every address")
        for difference in facts.differences
        for shown in difference.answers
    )
    words = ", ".join(difference.question for difference in facts.differences)
    return failed(f"The addresses differ in: {words}.", *rows)


def _places(places: tuple[str, ...]) -> str:
    more = f" and {len(places) - PLACES} more" if len(places) > PLACES else ""
    return ", ".join(places[:PLACES]) + more


CHECKS = (differ,)
