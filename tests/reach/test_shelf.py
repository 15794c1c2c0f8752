"""What a run fetches once: bytes or a failure, for everybody who asks, within a bound."""

from __future__ import annotations

import threading
import time

import pytest

from auditor.errors import Unreachable
from auditor.model import Asset, Reason, Tier
from auditor.reach import Access, Limits, Reaches, Target
from auditor.reach.shelf import Shelf
from auditor.rig.web import Site, web_listener


def test_many_who_ask_at_once_make_one_fetch() -> None:
    shelf, fetched = Shelf(), []

    def fetch() -> bytes:
        fetched.append(1)
        time.sleep(0.05)
        return b"list"

    got: list[bytes] = []
    threads = [threading.Thread(target=lambda: got.append(shelf.get("u", fetch))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (got, fetched) == ([b"list"] * 8, [1])


def test_a_failure_is_kept_too() -> None:
    shelf, asked = Shelf(), []

    def fetch() -> bytes:
        asked.append(1)
        raise Unreachable(Reason.TIMEOUT, "lists.example")

    for _ in range(3):
        with pytest.raises(Unreachable) as unreachable:
            shelf.get("u", fetch)
        assert (unreachable.value.reason, unreachable.value.detail) == (Reason.TIMEOUT, "lists.example")
    assert asked == [1]


def test_what_has_no_room_is_handed_on_and_not_kept() -> None:
    shelf, fetched = Shelf(most=10), []

    def fetch(size: int) -> bytes:
        fetched.append(size)
        return bytes(size)

    for url, size in (("a", 8), ("b", 8), ("a", 8), ("b", 8), ("c", 2), ("c", 2)):
        assert len(shelf.get(url, lambda size=size: fetch(size))) == size  # type: ignore[misc]
    assert fetched == [8, 8, 8, 2]


def test_a_repository_is_asked_all_night_and_a_host_is_not() -> None:
    """A list of a run's last host must not fail because another host asked the same authority an hour before."""
    with web_listener(Site()) as server:
        table = {("lists.example", 80): (Target("127.0.0.1", server.port),)}
        run = Reaches(Access(limits=Limits(host_s=0.2), connect_to=table))
        asset = Asset(id="a", kind="web", address="https://a.example/", system="s", tiers=frozenset(Tier))
        reach = run.of(asset)
        for wait in (0.0, 0.3):
            time.sleep(wait)
            assert reach.get(reach.repository("lists.example", 80)[0], "http://lists.example/").status == 200
        with reach.stream(reach.endpoints("lists.example", 80)[0]):
            time.sleep(0.3)
        with pytest.raises(Unreachable) as unreachable, reach.stream(reach.endpoints("lists.example", 80)[0]):
            pass
    assert unreachable.value.reason is Reason.DEADLINE
