"""What the authorities say of a certificate that clients of one key type alone are shown. Must not know its worth.

Asked with the online tier, and only of a chain that is not the usual one: that is asked about apart, and once.
"""

from __future__ import annotations

from auditor.errors import Unreachable
from auditor.facts.certificate_variants import Variant, VariantRevocation
from auditor.facts.revocation import RevocationAnswer
from auditor.late import one_at_a_time
from auditor.model import Reason, Tier
from auditor.probe import Seen, Unseen
from auditor.reach import Endpoint, Reach
from auditor.records import dataclass

USUAL = "the usual certificate, which other checks judge"
NOTHING = "no certificate"


@dataclass(frozen=True, slots=True)
class Authorities:
    """Those of one address. `usual`: the chain that everybody is shown, DER, leaf first."""

    endpoint: Endpoint
    reach: Reach
    usual: tuple[bytes, ...]

    def asked_about(self, variant: Variant, certificates: tuple[bytes, ...], said: Seen | Unseen) -> Seen | Unseen:
        """`certificates`: the chain as it was shown, DER, leaf first; () for none. `said`: what was seen of it."""
        if not self.reach.asked(Tier.ONLINE):
            return Unseen(VariantRevocation, said.locus, Reason.LEFT_OUT, "the online tier")
        if isinstance(said, Unseen):
            return Unseen(VariantRevocation, said.locus, said.reason, said.detail)
        why_not = NOTHING if not certificates else USUAL if certificates == self.usual else ""
        try:
            answers = () if why_not else self._answers(certificates)
        except Unreachable as error:
            return Unseen(VariantRevocation, said.locus, error.reason, error.detail)
        facts = VariantRevocation(observed_at=self.reach.now(), variant=variant, answers=answers, why_not=why_not)
        return Seen(facts, said.locus)

    def _answers(self, certificates: tuple[bytes, ...]) -> tuple[RevocationAnswer, ...]:
        """Raises Unreachable."""
        with one_at_a_time():
            from auditor.probes.revocation_look import answers_of  # noqa: PLC0415 - few servers have both

        return answers_of(certificates, self.endpoint, self.reach)
