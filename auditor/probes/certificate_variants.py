"""What is asked for beside the usual certificate, without what reads certificates (see `variants_look`)."""

from __future__ import annotations

from auditor.facts.base import Facts
from auditor.facts.certificate_variants import CertificateVariant, NamelessCertificate, VariantRevocation
from auditor.facts.full_handshake import FullHandshake

VARIANT_FACTS: tuple[type[Facts], ...] = (CertificateVariant, VariantRevocation, NamelessCertificate, FullHandshake)
HANDSHAKES = "TLS handshakes for RSA alone, for ECDSA alone and without a name: three, or some more"
