"""Whether a certificate shows that it was logged in public (RFC 6962), in itself or in the handshake. Knows no rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from auditor.derive import Placed, derive_from_all
from auditor.facts.certificates import CertificateInFull, LoggedCertificate
from auditor.facts.tls_exchange import TlsOptions
from auditor.model import Reason
from auditor.probe import Seen, Unseen

# Chrome and Apple want three logs of a certificate that lives longer than 180 days, else two.
SHORT = timedelta(days=180)


@derive_from_all(reads=(CertificateInFull, TlsOptions), yields=LoggedCertificate)
def logged_certificate(all_of_them: tuple[Placed, ...]) -> Iterator[Placed]:
    """What stands in the certificate settles it, wherever the handshake could not be seen; too little does not."""
    read = {one.asset for one in all_of_them if not _is_options(one)}
    for one in all_of_them:
        if one.asset not in read:
            yield Placed(one.asset, _without_certificate(one.observation))
    options = {(one.asset, one.observation.locus): one.observation for one in all_of_them if _is_options(one)}
    for one in all_of_them:
        if _is_options(one):
            continue
        sight = one.observation
        if isinstance(sight, Seen) and isinstance(sight.facts, CertificateInFull):
            sight = _logged(sight, sight.facts, options.get((one.asset, sight.locus)))
        elif isinstance(sight, Unseen):
            sight = Unseen(LoggedCertificate, sight.locus, sight.reason, sight.detail)
        yield Placed(one.asset, sight)


def _is_options(one: Placed) -> bool:
    sight = one.observation
    return (sight.facts_type if isinstance(sight, Unseen) else type(sight.facts)) is TlsOptions


def _without_certificate(options: Seen | Unseen) -> Seen | Unseen:
    """Of an asset whose certificates are not looked at nobody wants logs."""
    if isinstance(options, Unseen):
        return Unseen(LoggedCertificate, options.locus, options.reason, options.detail)
    at = options.facts.observed_at
    return Seen(LoggedCertificate(observed_at=at, logs=0, needed=0, in_handshake=False, is_public=False), options.locus)


def _logged(sight: Seen, facts: CertificateInFull, options: Seen | Unseen | None) -> Seen | Unseen:
    logs = len({sct.log for sct in facts.detail.scts})
    leaf = facts.seen.leaf
    needed = 3 if leaf.not_after - leaf.not_before > SHORT else 2
    is_public = facts.seen.is_public_store and facts.seen.end.is_anchored
    in_handshake = False
    if is_public and logs < needed:
        hello = options.facts.hello if isinstance(options, Seen) and isinstance(options.facts, TlsOptions) else None
        if hello is None or hello.leaf != leaf.sha256:
            detail = "whether the handshake brings the logs' timestamps that are not in the certificate"
            return Unseen(LoggedCertificate, sight.locus, Reason.NOT_OBSERVED, detail)
        in_handshake = hello.has_scts or hello.has_staple
    found = LoggedCertificate(
        observed_at=facts.observed_at, logs=logs, needed=needed, in_handshake=in_handshake, is_public=is_public
    )
    return Seen(found, sight.locus, sight.basis)


DERIVATIONS = (logged_certificate,)
