"""What is wrong with a certificate that is shown to some clients only, in half sentences. Knows no rule of its own."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.derive import Undecided, derive
from auditor.facts.certificate_variants import CertificateVariant, StapledAnswer, VariantFaults
from auditor.facts.certificates import CertificateInFull, CertificateSeen, KeyKind, PathEnd
from auditor.facts.revocation import RevocationState
from auditor.model import Reason
from checks.derivations.certificate_trust import distrust_of, fits_name, out_of_date
from checks.derivations.distrust import distrusted_by, issued_at
from checks.derivations.key_sizes import BROKEN_BITS, FLOOR_BITS, is_uncommon
from checks.derivations.weak_keys import key_fault, too_long_to_read


@derive(reads=(CertificateVariant,), yields=VariantFaults)
def variant_faults(facts: CertificateVariant) -> VariantFaults:
    """Undecided where an issuer is missing, or the key was not read, and nothing else is wrong."""
    seen = None if facts.is_usual else facts.seen
    critical = tuple(critical_faults(seen)) if seen else ()
    if seen and not critical and not seen.end.is_anchored:
        raise Undecided(Reason.CHAIN_INCOMPLETE, f"nobody sent the issuer {seen.path[-1].issuer!r}")
    unread = too_long_to_read(seen) if seen and not critical else ""
    if unread:
        raise Undecided(Reason.NOT_OBSERVED, unread)
    return VariantFaults(
        observed_at=facts.observed_at,
        variant=facts.variant,
        subject=seen.leaf.subject if seen else "",
        refusal=facts.refusal,
        is_usual=facts.is_usual,
        critical=critical,
        medium=tuple(_medium(seen)) if seen else (),
    )


@derive(reads=(CertificateVariant,), yields=StapledAnswer)
def stapled_answer(facts: CertificateVariant) -> StapledAnswer:
    """Whether a leaf that must be stapled was, and what the staple says. Undecided for facts of older versions."""
    seen, staple = facts.seen, facts.staple
    if seen is not None and seen.detail is None:
        raise Undecided(Reason.NOT_OBSERVED, "an older version looked, which did not read that much of it")
    is_promised = bool(seen and seen.detail and seen.detail.must_staple)
    revoked = ""
    if staple and staple.answer and staple.answer.state is RevocationState.REVOKED:
        revoked = f"{staple.answer.subject}, serial {staple.answer.serial}: {staple.answer.why or 'no reason given'}"
    problem = "none was sent" if staple is None else staple.problem
    if staple and staple.answer and staple.answer.state is RevocationState.UNKNOWN_THERE:
        problem = "its responder does not know the certificate"
    return StapledAnswer(observed_at=facts.observed_at, is_promised=is_promised, problem=problem, revoked=revoked)


def critical_faults(seen: CertificateSeen) -> Iterator[str]:
    """Why clients must refuse it, as half sentences."""
    if not fits_name(seen):
        yield "it is for another name"
    for one in out_of_date(seen):
        yield f"{one.subject!r} is valid from {one.not_before:%Y-%m-%d} to {one.not_after:%Y-%m-%d} only"
    distrust = distrust_of(seen)
    if distrust:
        yield distrust
    if _is_below(seen, BROKEN_BITS):
        yield "a key is so short that it can be broken"
    if seen.detail is None:
        return
    full = CertificateInFull(observed_at=seen.observed_at, seen=seen, detail=seen.detail)
    fault = key_fault(seen.detail)
    if fault:
        yield fault
    known = distrusted_by(full) if seen.is_public_store else None
    if known and issued_at(full) >= known.issued_from:
        yield f"browsers do not believe {known.name} any more"


def _medium(seen: CertificateSeen) -> Iterator[str]:
    if _is_below(seen, FLOOR_BITS):
        yield "a key is shorter than today's minimum"
    for one in seen.path:
        if one.curve and is_uncommon(one.curve, one.key_bits or 0, is_public=seen.is_public_store):
            yield f"the key of {one.subject!r} lies on a curve that clients refuse"
    if seen.end is PathEnd.ANCHORED_WITH_HELP or seen.issuer_fetch:
        yield "an issuer is missing from the chain"
    if seen.detail and seen.detail.is_authority and not seen.leaf.is_self_signed:
        yield "it may itself issue certificates"


def _is_below(seen: CertificateSeen, minima: dict[KeyKind, int]) -> bool:
    return any(one.key_bits is not None and one.key_bits < minima.get(one.key_kind, 0) for one in seen.path)


DERIVATIONS = (variant_faults, stapled_answer)
