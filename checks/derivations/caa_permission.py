"""Whether the CAA records that count let the issuer that was seen issue (RFC 8659). Knows no network."""

from __future__ import annotations

from auditor.derive import Undecided, derive
from auditor.facts.caa import CaaFound, CaaPermission, CaaRecord, CaaSeen, CaaSet
from auditor.facts.certificates import CertificateInFull
from auditor.model import Reason
from auditor.registers import caa_names
from checks.derivations.certificate_trust import fits_name
from checks.derivations.distrust import organization_of

# Tags that an issuer of server certificates knows, or may pass over (RFC 8659 section 4, RFC 8657, RFC 9495, and the
# tags of other kinds of certificates): a critical record of any other tag forbids all issuing.
KNOWN_TAGS = frozenset({"issue", "issuewild", "iodef", "issuemail", "issuevmc", "contactemail", "contactphone"})
SHORTEST = 4  # letters of a label that can tell an authority
SECOND_LEVELS = frozenset({"ac", "co", "com", "gov", "ne", "net", "or", "org"})  # below a country's own domain


@derive(reads=(CertificateInFull, CaaSeen), yields=CaaFound)
def caa_found(facts: CertificateInFull, caa: CaaSeen) -> CaaFound:
    """Which records count, whoever they allow."""
    counting, why_not = _binding(facts, caa)
    return CaaFound(
        observed_at=facts.observed_at,
        issuer=_issuer(facts),
        found_at=counting.found_at if counting else "",
        listed=_listed(counting),
        is_bounding=counting is not None and _is_bounding(counting, is_wildcard=_is_wildcard(facts)),
        why_not=why_not,
    )


@derive(reads=(CertificateInFull, CaaSeen), yields=CaaPermission)
def caa_permission(facts: CertificateInFull, caa: CaaSeen) -> CaaPermission:
    """Undecided where records restrict issuing, and we do not know which names the issuer answers to."""
    counting, why_not = _binding(facts, caa)
    if counting is None:
        return _said(facts, None, "", why_not)
    root = organization_of(facts.seen.anchor.subject) if facts.seen.anchor else ""
    issuer = facts.detail.issuer_organization
    return _said(facts, counting, _refusal(counting, issuer, root, is_wildcard=_is_wildcard(facts)), "")


def _binding(facts: CertificateInFull, caa: CaaSeen) -> tuple[CaaSet | None, str]:
    """The records that bind here; or None, and why there are none that do."""
    if not fits_name(facts.seen):
        return None, "the certificate is for another name, which another check says"
    if caa.why_not:
        return None, caa.why_not
    if not facts.seen.is_public_store:
        return None, "the certificate is of the operator's own authority"
    counting = _counting(facts, caa)
    return counting, "" if counting else "the name is covered by no certificate that CAA records bind"


def _said(facts: CertificateInFull, counting: CaaSet | None, refusal: str, why_not: str) -> CaaPermission:
    return CaaPermission(
        observed_at=facts.observed_at,
        issuer=_issuer(facts),
        found_at=counting.found_at if counting else "",
        listed=_listed(counting),
        refusal=refusal,
        why_not=why_not,
    )


def _issuer(facts: CertificateInFull) -> str:
    return facts.detail.issuer_organization or facts.seen.leaf.issuer


def _listed(counting: CaaSet | None) -> tuple[str, ...]:
    return tuple(f"{one.flags} {one.tag} {one.value!r}" for one in counting.records) if counting else ()


def _is_wildcard(facts: CertificateInFull) -> bool:
    """Is the name that was asked for covered by a wildcard alone?"""
    asked = facts.seen.asked_name.lower()
    return asked not in {name.lower() for name in facts.seen.dns_names}


def _counting(facts: CertificateInFull, caa: CaaSeen) -> CaaSet | None:
    return caa.for_wildcard if _is_wildcard(facts) else caa.for_name


def _refusal(counting: CaaSet, issuer: str, root: str, *, is_wildcard: bool) -> str:
    """Why the issuer may not, as half a sentence; "" if it may. Many issuers are run by the owner of their `root`."""
    strange = _strange(counting)
    if strange is not None:
        return f"a critical record of the unknown kind {strange.tag!r} forbids all issuing"
    restricting = _restricting(counting.records, is_wildcard=is_wildcard)
    if not restricting:
        return ""
    allowed = {_domain(one.value) for one in restricting} - {""}
    if not allowed:
        return "the records allow no authority at all"
    names, of_root = caa_names().get(issuer), caa_names().get(root, frozenset())
    if names is None and of_root & allowed:
        return ""
    if names is None:
        raise Undecided(Reason.NOT_OBSERVED, f"the CAA names of the issuer {issuer or '(no organization)'!r}")
    if names & allowed:
        return ""
    if of_root & allowed or any(_may_be_of(issuer, names, one) for one in allowed):
        raise Undecided(Reason.NOT_OBSERVED, f"whether {issuer!r} answers to {', '.join(sorted(allowed))}")
    return f"they allow {', '.join(sorted(allowed))}, and not {issuer}"


def _may_be_of(issuer: str, names: frozenset[str], domain: str) -> bool:
    """May it be one more name of the issuer, which our list lacks: telia.fi beside telia.com, dtrust.net of D-Trust?"""
    label = _main_label(domain)
    bare = "".join(filter(str.isalnum, issuer.lower()))
    return len(label) >= SHORTEST and (bare.startswith(label) or label in {_main_label(one) for one in names})


def _main_label(domain: str) -> str:
    """The label that says whose a domain is, without hyphens: cybertrust of www.cybertrust.co.jp. "" for none."""
    labels = domain.split(".")[:-1]
    if len(labels) > 1 and labels[-1] in SECOND_LEVELS:
        labels.pop()
    return labels[-1].replace("-", "") if labels else ""


def _strange(counting: CaaSet) -> CaaRecord | None:
    return next((one for one in counting.records if one.is_critical and one.tag not in KNOWN_TAGS), None)


def _is_bounding(counting: CaaSet, *, is_wildcard: bool) -> bool:
    """Without a record that speaks of issuing such a certificate, anybody may (section 4.2)."""
    return bool(_restricting(counting.records, is_wildcard=is_wildcard)) or _strange(counting) is not None


def _restricting(records: tuple[CaaRecord, ...], *, is_wildcard: bool) -> tuple[CaaRecord, ...]:
    """`issuewild` takes the place of `issue` for wildcards, where there is any (section 4.3)."""
    wild = tuple(one for one in records if one.tag == "issuewild") if is_wildcard else ()
    return wild or tuple(one for one in records if one.tag == "issue")


def _domain(value: str) -> str:
    """The issuer's domain of a value (section 4.2); "" for `;`, which allows nobody, and for a value that breaks it."""
    return value.partition(";")[0].strip(" \t").rstrip(".").lower()


DERIVATIONS = (caa_found, caa_permission)
