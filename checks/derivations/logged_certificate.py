"""Whether certificates show that they were logged in public (RFC 6962), in themselves or in the handshake.

Knows no rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from auditor.derive import Rows, Undecided, derive_from_places
from auditor.facts.certificates import CertificateInFull, CertificateSeen, LoggedCertificate, PathEnd
from auditor.facts.tls_exchange import TlsOptions
from auditor.model import Reason
from auditor.probe import Seen, Unseen

# Chrome and Apple want three logs of a certificate that lives longer than 180 days, else two.
SHORT = timedelta(days=180)
IN_HANDSHAKE = 2  # both want two of what comes beside the certificate, however long it lives
Row = Mapping[str, Seen | Unseen]


@derive_from_places(reads=(CertificateInFull, TlsOptions), yields=LoggedCertificate)
def logged_certificate(rows: Rows) -> LoggedCertificate:
    """The address that shows the fewest logs. One that surely shows too few settles it; health needs all of them.

    What stands in the certificate is enough, wherever the handshake could not be seen. Of an asset whose certificates
    are not looked at, nobody wants logs.
    """
    shown, options = rows.get(CertificateInFull, {}), rows.get(TlsOptions, {})
    found: list[LoggedCertificate] = []
    blind: list[Undecided] = []
    for locus, sight in sorted((shown or options).items()):
        try:
            found.append(_logged(sight, options.get(locus)))
        except Undecided as undecided:
            blind.append(undecided)
    least = min(found, key=lambda one: (one.is_enough, one.logs), default=None)
    if blind and (least is None or least.is_enough):
        raise blind[0]
    if least is None:
        raise Undecided(Reason.NOT_OBSERVED, CertificateInFull.__name__)
    return least


def _logged(sight: Seen | Unseen, options: Seen | Unseen | None) -> LoggedCertificate:
    if isinstance(sight, Unseen):
        raise Undecided(sight.reason, sight.detail)
    facts = sight.facts
    if not isinstance(facts, CertificateInFull):
        return LoggedCertificate(
            observed_at=facts.observed_at,
            subject="",
            logs=0,
            needed=0,
            in_handshake=0,
            needed_in_handshake=IN_HANDSHAKE,
            is_public=False,
        )
    leaf = facts.seen.leaf
    logs = len({sct.log for sct in facts.detail.scts})
    needed = 3 if leaf.not_after - leaf.not_before > SHORT else 2
    is_public = _is_public(facts.seen, is_enough=logs >= needed)
    return LoggedCertificate(
        observed_at=facts.observed_at,
        subject=leaf.subject,
        logs=logs,
        needed=needed,
        in_handshake=_beside(leaf.sha256, options) if is_public and logs < needed else 0,
        needed_in_handshake=IN_HANDSHAKE,
        is_public=is_public,
    )


def _is_public(seen: CertificateSeen, *, is_enough: bool) -> bool:
    """Logs take none but a public authority's. Undecided where too few say so and an issuer is missing."""
    if not seen.is_public_store or seen.end is not PathEnd.ISSUER_MISSING:
        return seen.is_public_store and seen.end.is_anchored
    if not is_enough:
        raise Undecided(Reason.CHAIN_INCOMPLETE, f"nobody sent the issuer {seen.path[-1].issuer!r}")
    return True


def _beside(leaf: str, options: Seen | Unseen | None) -> int:
    """How many logs the handshake names. Undecided where it was not seen, or an older version did not read them."""
    facts = options.facts if isinstance(options, Seen) else None
    hello = facts.hello if isinstance(facts, TlsOptions) else None
    may_name = hello is None or hello.leaf != leaf or (hello.logs is None and (hello.has_scts or hello.has_staple))
    if hello is None or may_name:
        detail = "whether the handshake brings the logs' timestamps that are not in the certificate"
        raise Undecided(Reason.NOT_OBSERVED, detail)
    return len(hello.logs or ())


DERIVATIONS = (logged_certificate,)
