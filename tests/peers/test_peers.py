"""Our answers beside those of sslyze and testssl.sh, server by server. Where they differ, openssl is asked at once.

No difference is listed anywhere: each has to be proved on every run, by a handshake of openssl's own client. It takes
minutes, so it is run by `make test-peers` alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.ours import we_say
from tests.peers.proof import openssl_sees
from tests.peers.said import SERIALS, VERSIONS, Difference, Place, Said, differences
from tests.peers.servers import SERVERS
from tests.peers.theirs import of_sslyze, of_testssl

pytestmark = [pytest.mark.root, pytest.mark.peers]

# testssl.sh takes one to five minutes for each.
FOR_TESTSSL = (
    *("nginx", "HAProxy", "Apache, old", "Postfix", "Dovecot, IMAP", "PostgreSQL"),
    "GnuTLS",
)


@pytest.fixture(scope="module", params=SERVERS)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with SERVERS[request.param](tmp_path_factory.mktemp("server")) as made:
        yield made


def compared(place: Place, ours: Said, theirs: Said) -> list[Difference]:
    """The differences in which openssl is not with us. Nothing is open but where a server closes without a word."""
    assert ours.topics.keys() & theirs.topics.keys() >= {VERSIONS, SERIALS}
    may_be_open = {"closed", "reset", "throttled"} if place.closes else set()
    assert set(ours.open_ends.values()) <= may_be_open, ours.open_ends
    return [one for one in differences(ours, theirs) if openssl_sees(place, one) is not one.is_ours]


def test_sslyze_differs_only_where_openssl_is_with_us(place: Place) -> None:
    assert compared(place, we_say(place), of_sslyze(place)) == []


@pytest.mark.parametrize("kind", FOR_TESTSSL)
def test_testssl_differs_only_where_openssl_is_with_us(kind: str, tmp_path: Path) -> None:
    with SERVERS[kind](tmp_path) as server:
        assert compared(server, we_say(server), of_testssl(server, tmp_path)) == []
