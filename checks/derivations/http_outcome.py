"""Where plain HTTP leads to, and whether any redirect steps down from https. Knows nothing of certificates."""

from __future__ import annotations

from itertools import pairwise

from auditor.derive import Undecided, derive
from auditor.facts.web import Chain, Hop, HttpEnd, HttpOutcome, PlainHttp, Redirects, RedirectSafety
from auditor.model import Reason

REASONS = {reason.word: reason for reason in Reason}
UNAUTHORIZED = 401  # asks for a password: what follows would be sent in the clear


@derive(reads=(PlainHttp,), yields=HttpOutcome)
def http_outcome(plain: PlainHttp) -> HttpOutcome:
    """Undecided where the redirects could not be followed and stayed on http, or lead into private space."""
    if plain.chain is None:
        return HttpOutcome(observed_at=plain.observed_at, end=HttpEnd.CLOSED, url=plain.url, way="")
    end = _end(plain.chain)
    return HttpOutcome(observed_at=plain.observed_at, end=end, url=plain.url, way=way(plain.chain))


@derive(reads=(Redirects,), yields=RedirectSafety)
def redirect_safety(redirects: Redirects) -> RedirectSafety:
    """A step down that was seen settles it; that there is none needs the whole chain."""
    chain = redirects.chain
    if chain is None:
        return RedirectSafety(observed_at=redirects.observed_at, url=redirects.url, way="", downgrade="")
    downgrade = _downgrade(chain)
    if not downgrade and not _is_whole(chain):
        raise Undecided(_reason(chain), chain.detail)
    return RedirectSafety(observed_at=redirects.observed_at, url=redirects.url, way=way(chain), downgrade=downgrade)


def way(chain: Chain) -> str:
    """The hops, readable: "http://a (301) → https://a (200)"."""
    steps = [f"{hop.url} ({hop.status})" for hop in chain.hops]
    if chain.stopped:
        steps.append(f"{chain.unfollowed or 'somewhere'} ({_reason(chain).phrase})")
    return " → ".join(steps)


def _end(chain: Chain) -> HttpEnd:
    last = chain.hops[-1]
    if not chain.stopped:
        return HttpEnd.HTTPS if last.scheme == "https" else _without_encryption(last)
    if _leaves_over_https(chain):
        return HttpEnd.HTTPS
    raise Undecided(_reason(chain), chain.detail)


def _without_encryption(hop: Hop) -> HttpEnd:
    shows_page = hop.has_body and not 400 <= hop.status < 600  # browsers show the body of a redirect to nowhere
    return HttpEnd.CONTENT if shows_page or hop.status == UNAUTHORIZED else HttpEnd.NO_CONTENT


def _leaves_over_https(chain: Chain) -> bool:
    """Does a chain that we could not follow to its end go on over https? A loop must not come back to http."""
    if chain.unfollowed_scheme != "https" or chain.stopped == Reason.PRIVATE_SPACE.word:
        return False
    is_loop = chain.stopped == Reason.REDIRECT_LOOP.word
    return not is_loop or all(hop.scheme == "https" for hop in chain.hops[1:])


def _downgrade(chain: Chain) -> str:
    """The first step from https to http, whether or not anybody answered there; "" if none was seen."""
    steps = [(hop.scheme, hop.url) for hop in chain.hops]
    if chain.stopped:
        steps.append((chain.unfollowed_scheme, chain.unfollowed))
    for (scheme, url), (next_scheme, next_url) in pairwise(steps):
        if scheme == "https" and next_scheme == "http":
            return f"{url} → {next_url}"
    return ""


def _is_whole(chain: Chain) -> bool:
    """Was every hop within the declared scope seen? What lies beyond, reached over https, is not this asset's."""
    return not chain.stopped or (chain.stopped == Reason.OUT_OF_SCOPE.word and chain.unfollowed_scheme == "https")


def _reason(chain: Chain) -> Reason:
    return REASONS.get(chain.stopped, Reason.NOT_OBSERVED)


DERIVATIONS = (http_outcome, redirect_safety)
