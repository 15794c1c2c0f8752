"""Servers that are listed by a pattern, and what they share: how they are reached."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.inventory import fleets
from auditor.inventory.patterns import MOST_HOSTS, hosts_of
from auditor.inventory.ssh_profiles import JumpHost
from auditor.model import Asset, Jump
from auditor.probes.server import ServerProbe
from tests.inventory.writing import SOUND, complaints, marked, read, spoilt

ONE = "      - {id: db, kind: server, host: db.elm.example}"
WAIVED = ("asset: site/db\n", "asset: site/db-02\n")
PROFILES = """\
ssh_profiles:
  inner:
    user: audit
    port: 2222
    credential: fleet
    jump: {host: hop.elm.example, user: hop, host_key: "SHA256:%s", credential: hop}
systems:
""" % ("A" * 43)


def fleet(host: str, more: str = "") -> str:
    return f'      - {{id: db, kind: server, host: "{host}"{more}}}'


def assets(text: str) -> dict[str, Asset]:
    return {asset.id: asset for asset in read(text).assets}


def servers(text: str) -> dict[str, str]:
    return {name: asset.address for name, asset in assets(text).items() if asset.kind == "server"}


# --- patterns --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "hosts"),
    [
        ("db[01-03].x", [("01", "db01.x"), ("02", "db02.x"), ("03", "db03.x")]),
        ("db[9-11]", [("9", "db9"), ("10", "db10"), ("11", "db11")]),
        ("a[1,3]-b[7-8].x", [("1-7", "a1-b7.x"), ("1-8", "a1-b8.x"), ("3-7", "a3-b7.x"), ("3-8", "a3-b8.x")]),
        ("192.0.2.[10-11]", [("10", "192.0.2.10"), ("11", "192.0.2.11")]),
        ("[7]", [("7", "7")]),
    ],
)
def test_what_a_pattern_means(pattern: str, hosts: list[tuple[str, str]]) -> None:
    assert list(hosts_of(pattern)) == hosts


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("db[]", "is written like"),
        ("db[1-]", "is written like"),
        ("db[1-2-3]", "is written like"),
        ("db[3-1]", "backwards"),
        ("db[01-100]", "as many digits"),
        ("db[1-3,2]", "twice"),
        ("db[0-1000]", "1000"),
        ("db[1-999999999]", "1000"),
        ("db[1-500][1-3]", "1500"),
        ("db[1-1000000000000]", "is written like"),
    ],
)
def test_what_is_no_pattern_is_refused_at_once(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        hosts_of(pattern)


@given(st.text(alphabet="db[]0123456789-,.", max_size=30))
def test_any_pattern_means_some_hosts_each_once_or_is_refused(pattern: str) -> None:
    try:
        found = list(hosts_of(pattern))
    except ValueError as error:
        assert str(error).endswith(".")  # noqa: PT017 - either end is good
        return
    assert 1 <= len(found) <= MOST_HOSTS
    assert len({number for number, _ in found}) == len(found)


# --- in an inventory -------------------------------------------------------------------------------------------------


def test_a_pattern_stands_for_its_servers_whose_names_stay_when_it_grows() -> None:
    small = servers(spoilt((ONE, fleet("db[01-02].elm.example")), WAIVED))
    large = servers(spoilt((ONE, fleet("db[01-03].elm.example")), WAIVED))
    assert small == {"site/db-01": "ssh://db01.elm.example", "site/db-02": "ssh://db02.elm.example"}
    assert large == small | {"site/db-03": "ssh://db03.elm.example"}


def test_what_stands_beside_a_pattern_keeps_its_place() -> None:
    found = assets(spoilt((ONE, fleet("db[01-02].elm.example", ", tiers: [nightly, privileged]")), WAIVED))
    assert list(found) == ["site/www", "site/db-01", "site/db-02", "site/files"]
    assert found["site/db-01"].tiers == found["site/db-02"].tiers != found["site/www"].tiers


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ([(ONE, fleet("db[03-01].elm.example").replace('"db', '§"db'))], "runs backwards"),
        ([(ONE, fleet("db[1-9999].elm.example").replace('"db', '§"db'))], "1000"),
        ([(ONE, fleet("db[01-02].else.example").replace('"db', '§"db')), WAIVED], "'db01.else.example' lies outside"),
        ([(ONE, fleet("db[01-02].elm.example", ", host_key: §x")), WAIVED], "one server's"),
        ([(ONE, fleet("db[01-02].elm.example", ", formerly: §[site/old]")), WAIVED], "one server's"),
        ([(ONE, fleet("db[01-02].elm.example", ", prot: 22").replace("prot", "§prot")), WAIVED], "unknown key 'prot'"),
        (
            [
                (ONE, f"{fleet('db[01-05].elm.example')}\n      - {{id: o, kind: server, host: §db02.elm.example}}"),
                WAIVED,
            ],
            "address of the asset in line 22",
        ),
        (
            [
                (ONE, f"{fleet('db[01-05].elm.example')}\n      - {{id: §db-03, kind: server, host: x.elm.example}}"),
                WAIVED,
            ],
            "'db-03' stands already in line 22",
        ),
        ([(ONE, fleet("db[01-02].elm.example")), ("asset: site/db\n", "asset: §site/db\n")], "no asset 'site/db'"),
        ([(ONE, fleet("db[01-02].elm.example", ", ssh: §iner")), WAIVED, ("systems:\n", PROFILES)], "'inner'"),
        ([("systems:\n", PROFILES.replace("hop.elm.example", "§hop.else.example"))], "'hop.else.example' lies outside"),
        ([("systems:\n", PROFILES.replace("port: 2222", "port: §0"))], "at least 1"),
        (
            [
                (
                    "systems:\n",
                    PROFILES.replace("hop, host_key", "hop, password: x, host_key").replace("password", "§password"),
                )
            ],
            "secret",
        ),
    ],
)
def test_what_is_wrong_is_said_once_where_it_stands(edits: list[tuple[str, str]], message: str) -> None:
    text, places = marked(spoilt(*edits))
    said = complaints(text)
    ((line, column),) = places
    assert [one for one in said if one.startswith(f"city.yaml:{line}:{column}: ") and message in one]
    assert len(set(said)) == len(said)


def test_patterns_that_overlap_are_complained_of_for_each_server_that_both_mean() -> None:
    second = '\n      - {id: more, kind: server, host: "db[02-04].elm.example"}'
    said = complaints(spoilt((ONE, fleet("db[01-03].elm.example") + second), WAIVED))
    assert said == ["city.yaml:23:40: this is the address of the asset in line 22."]


def test_a_file_may_mean_so_many_servers_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleets, "MOST_SERVERS", 6)
    rows = "\n".join(f'      - {{id: f{n}, kind: server, host: "f{n}-[1-3].elm.example"}}' for n in range(3))
    assert complaints(spoilt((ONE, f"{ONE}\n{rows}"))) == [
        "city.yaml:25:38: the patterns of this file mean more than 6 servers."
    ]
    assert not complaints(spoilt((ONE, f"{ONE}\n{rows.rpartition(chr(10))[0]}")))


# --- profiles --------------------------------------------------------------------------------------------------------

JUMP = Jump(address="ssh://hop@hop.elm.example", host_key=f"SHA256:{'A' * 43}", credential="hop")


@pytest.mark.parametrize(
    ("more", "address", "credential", "jump"),
    [
        (", ssh: inner", "ssh://audit@db.elm.example:2222", "fleet", JUMP),
        (", ssh: inner, user: me, port: 22, credential: mine", "ssh://me@db.elm.example", "mine", JUMP),
        ("", "ssh://db.elm.example", None, None),
    ],
)
def test_a_server_is_reached_as_its_profile_says_and_its_own_words_count_first(
    more: str, address: str, credential: str | None, jump: Jump | None
) -> None:
    found = assets(spoilt((ONE, fleet("db.elm.example", more)), ("systems:\n", PROFILES)))["site/db"]
    assert (found.address, found.credential, found.jump) == (address, credential, jump)


CHAIN = """\
ssh_profiles:
  edge: {user: hop, credential: outside, port: 2200, jump: {host: edge.elm.example}}
  middle: {jump: {host: middle.elm.example, ssh: edge}}
  inner: {user: audit, jump: {host: hop.elm.example, user: me, port: 22, credential: mine, ssh: middle}}
systems:
"""


def test_a_jump_host_may_lie_behind_others_and_its_own_words_count_first() -> None:
    text = spoilt((ONE, fleet("db.elm.example", ", ssh: inner")), ("systems:\n", CHAIN))
    way = assets(text)["site/db"].jump
    assert way
    assert [(hop.address, hop.credential) for hop in way.hops] == [
        ("ssh://edge.elm.example", None),
        ("ssh://hop@middle.elm.example:2200", "outside"),
        ("ssh://me@hop.elm.example", "mine"),
    ]
    assert way.hops[1].hops == way.hops[:2]
    (line,) = ServerProbe().plan(assets(text)["site/db"])
    places = ["db.elm.example:22", "hop.elm.example:22", "middle.elm.example:2200", "edge.elm.example:22"]
    assert line.startswith(f"ssh {' through '.join(places)} one login")


def ways(*jumps: str) -> str:
    """A profile for each: p0, p1, …"""
    rows = "".join(f"  p{n}: {{jump: {{{jump}}}}}\n" for n, jump in enumerate(jumps))
    return f"ssh_profiles:\n{rows}systems:\n"


HOPS = [f"host: hop{n}.elm.example, ssh: p{n + 1}" for n in range(4)]


@pytest.mark.parametrize(
    ("jumps", "message"),
    [
        (["host: a.elm.example, ssh: §p0"], "circle: 'p0', 'p0'"),
        (["host: a.elm.example, ssh: §p1", "host: b.elm.example, ssh: §p0"], "in a circle"),
        (["host: a.elm.example, ssh: §p1", "host: A.elm.example."], "in a circle"),
        (["host: a.elm.example, ssh: §p9"], "'p9' is not declared"),
        ([HOPS[0].replace("p1", "§p1"), *HOPS[1:], "host: end.elm.example"], "5 jump hosts; 4"),
    ],
)
def test_a_way_in_a_circle_or_too_far_is_refused_where_it_is_named(jumps: list[str], message: str) -> None:
    text, places = marked(spoilt(("systems:\n", ways(*jumps))))
    said = complaints(text)
    assert [one for one in said if message in one] == said
    assert [one.split(": ")[0] for one in said] == [f"city.yaml:{line}:{column}" for line, column in places]


def test_four_jump_hosts_may_stand_one_behind_the_other() -> None:
    jumps = [f"host: hop{n}.elm.example" + (f", ssh: p{n + 1}" if n < 3 else "") for n in range(4)]
    assert complaints(spoilt(("systems:\n", ways(*jumps)))) == []
    text = spoilt(("systems:\n", ways(*jumps)), (ONE, fleet("db.elm.example", ", ssh: p0")))
    way = assets(text)["site/db"].jump
    assert way
    assert len(way.hops) == 4


def test_the_ports_of_profiles_count_where_addresses_are_compared() -> None:
    second = "\n      - {id: two, kind: server, host: db.elm.example, port: 2222}"
    text = spoilt((ONE, fleet("db.elm.example", ", ssh: inner") + second), ("systems:\n", PROFILES))
    assert [one for one in complaints(text) if "address of the asset" in one]
    assert not complaints(text.replace("port: 2222}", "port: 2223}"))


def test_an_inventory_without_profiles_keeps_its_digest() -> None:
    """So that an update of the auditor does not look like a change of the inventory."""
    empty = spoilt(("systems:\n", "ssh_profiles: {}\nsystems:\n"))
    assert read(empty).digest == read(SOUND).digest
    assert read(spoilt(("systems:\n", PROFILES))).digest != read(SOUND).digest
    assert "ssh" not in JumpHost(host="hop.elm.example").model_dump()


def test_hostile_patterns_in_a_part_are_complained_of_in_the_part() -> None:
    rows: list[Any] = complaints(spoilt((ONE, fleet("db[1-2].elm.example\\u202e"))))
    assert rows
