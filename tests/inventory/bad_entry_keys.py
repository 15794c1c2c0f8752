"""Entries with a key that nobody knows, one that is missing, or a value of another sort. `§`: where it stands."""

from __future__ import annotations

WWW = '- {id: www, kind: web, url: "https://www.elm.example/"}'
URL = '"https://www.elm.example/"'
DB = "host: db.elm.example"
FILES = 'name: elm-files, account: "123456789012"'
FIRST = "    assets:\n"

KEYS = {
    "unknown_key_of_the_file": [("waivers:", "§disputes: []\nwaivers:"), "unknown key 'disputes'."],
    "unknown_key_of_the_organisation": [
        ("timezone: Europe/Paris", "timezone: Europe/Paris, §polcy: x"),
        "unknown key 'polcy'. (did you mean 'policy'?)",
    ],
    "unknown_key_of_the_contacts": [
        ("timezone: Europe/Paris", "timezone: Europe/Paris, contacts: {§securty: a@elm.example}"),
        "unknown key 'securty'. (did you mean 'security'?)",
    ],
    "unknown_key_of_the_scope": [("  subnets:", "  §subnet:"), "unknown key 'subnet'. (did you mean 'subnets'?)"],
    "unknown_key_of_an_exclusion": [
        ("{match: scada", "{§until: x, match: scada"),
        "unknown key 'until'.",
    ],
    "unknown_key_of_a_data_class": [
        ("{tier: public}", "{tier: public, §notes: x}"),
        "unknown key 'notes'. (did you mean 'note'?)",
    ],
    "unknown_key_of_a_department": [
        ("name: Computing", "name: Computing, §heads: x"),
        "unknown key 'heads'. (did you mean 'head'?)",
    ],
    "unknown_key_of_a_system": [
        ("    owner: web team", "    owner: web team\n    §exposre: internal"),
        "unknown key 'exposre'. (did you mean 'exposure'?)",
    ],
    "unknown_key_of_the_hosting": [
        ("    owner: web team", "    owner: web team\n    hosting: {kind: saas, §vendr: x}"),
        "unknown key 'vendr'. (did you mean 'vendor'?)",
    ],
    "unknown_key_of_a_web_asset": [(URL, URL + ", §teirs: [nightly]"), "unknown key 'teirs'. (did you mean 'tiers'?)"],
    "unknown_key_of_a_server": [(DB, DB + ", §hostkey: x"), "unknown key 'hostkey'. (did you mean 'host_key'?)"],
    "unknown_key_of_a_bucket": [(FILES, FILES + ", §acount: x"), "unknown key 'acount'."],
    "key_of_another_kind_of_asset": [(URL, URL + ", §port: 22"), "unknown key 'port'."],
    "unknown_key_of_a_waiver": [("    risk_owner", "    §renewals: 2\n    risk_owner"), "unknown key 'renewals'."],
    "unknown_key_of_a_retired_entry": [("reason: replaced", "reason: replaced, §when: x"), "unknown key 'when'."],
    "type_in_place_of_kind": [(WWW, WWW.replace("kind", "§type")), "unknown key 'type'. (did you mean 'kind'?)"],
    "duplicate_key": [
        ("    name: Site\n", "    name: Site\n    §name: Other\n"),
        "the key 'name' stands twice (first in line 16).",
    ],
    "duplicate_section": [("retired:", "§systems: []\nretired:"), "the key 'systems' stands twice (first in line 14)."],
    "key_that_is_a_list": [("  open:", "  §[a, b]: 1\n  open:"), "a key must be a plain word."],
    "empty_key": [("  open:", "  ?§ \n  : 1\n  open:"), "a key must be a plain word."],
    "merge_key": [
        ("  open:", "  §<<: {tier: public}\n  open:"),
        "merge keys (<<) are not read here: write the keys out.",
    ],
    "bad_name_of_a_data_class": [
        ("  open:", "  §Open Data:"),
        "the name 'Open Data': an id is a-z, 0-9, '-', '_' and '.', at most 64 characters.",
    ],
}

MISSING = {
    "no_schema": [("schema: inventory/v1\norg", "§org"), "the key 'schema' is missing."],
    "no_kind": [
        (WWW, WWW.replace("{id: www, kind: web,", "§{id: www,")),
        "the key 'kind' is missing: an asset is web, server, bucket, account, tls, mx or devices.",
    ],
    "no_url": [(WWW, "- §{id: www, kind: web}"), "the key 'url' is missing."],
    "no_host": [
        ("{id: db, kind: server, host: db.elm.example}", "§{id: db, kind: server}"),
        "the key 'host' is missing.",
    ],
    "no_bucket_name": [
        ("{id: files, kind: bucket, name: elm-files", "§{id: files, kind: bucket"),
        "the key 'name' is missing.",
    ],
    "no_owner": [("- id: site\n", "- §id: site\n"), ("    owner: web team\n", ""), "the key 'owner' is missing."],
    "no_expiry": [("- id: W-1", "- §id: W-1"), ("    expires: 2027-01-01\n", ""), "the key 'expires' is missing."],
    "no_tier": [("open: {tier: public}", "open: §{}"), "the key 'tier' is missing."],
    "no_value": [("name: Site", "§name:"), "'name' has no value: write one, or leave the key out."],
}

SORTS = {
    "number_for_a_text": [("name: Site", "name: §311"), "'name' must be text: put it in quotes."],
    "number_for_an_account": [
        ('elm-files, account: "123456789012"', "elm-files, account: §123456789012"),
        "'account' must be text: put it in quotes.",
    ],
    "list_for_a_text": [("owner: web team", "owner: §[web, team]"), "'owner' must be text, not a list."],
    "text_for_a_list": [
        ("dns_suffixes: [elm.example]", "dns_suffixes: §elm.example"),
        "'dns_suffixes' must be a list, not text.",
    ],
    "text_for_a_mapping": [
        ("timezone: Europe/Paris", "timezone: Europe/Paris, contacts: §me"),
        "'contacts' must be a mapping of keys to values, not text.",
    ],
    "text_for_a_system": [
        ("systems:\n", "systems:\n  - §website\n"),
        "'systems' must be a mapping of keys to values, not text.",
    ],
    "text_for_a_flag": [
        (FILES, FILES + ', intended_public: §"true"'),
        "'intended_public' must be true or false, without quotes, not text.",
    ],
    "yes_for_a_flag": [
        (FILES, FILES + ", intended_public: §yes"),
        "'intended_public' must be true or false, without quotes, not text.",
    ],
    "not_public_and_meant_to_be": [
        (FILES, FILES + ", intended_public: §true"),
        "'contact' is no public data: list under data_classes what this asset itself holds.",
    ],
    "partly_not_public_and_meant_to_be": [
        (FILES, FILES + ", data_classes: [open, contact], intended_public: §true"),
        "'contact' is no public data: list under data_classes what this asset itself holds.",
    ],
    "text_for_a_port": [(DB, DB + ', port: §"22"'), "'port' must be a whole number, not text."],
    "port_zero": [(DB, DB + ", port: §0"), "'port' must be at least 1."],
    "port_above_65535": [(DB, DB + ", port: §65536"), "'port' must be at most 65535."],
    "negative_residents": [
        ("owner: web team", "owner: x\n    residents_affected: §-1"),
        "'residents_affected' must be at least 0.",
    ],
    "empty_text": [("name: Site", 'name: §" "'), "'name': this text is empty."],
    "endless_text": [("name: Site", "name: §" + "x" * 1001), "'name': this text is longer than 1,000 characters."],
    "empty_data_classes": [
        ("data_classes: [contact]", "data_classes: §[]"),
        "'data_classes' is an empty list: name something, or leave the key out.",
    ],
    "unknown_kind": [
        ("kind: web", "kind: §wbe"),
        "'kind' is 'wbe', not web, server, bucket, account, tls, mx or devices. (did you mean 'web'?)",
    ],
    "kind_that_is_a_list": [
        ("kind: web", "kind: §[web]"),
        "'kind' must be web, server, bucket, account, tls, mx or devices.",
    ],
    "unknown_data_tier": [
        ("{tier: public}", "{tier: §publik}"),
        "'tier' is 'publik', not public, internal, confidential or restricted. (did you mean 'public'?)",
    ],
    "unknown_tier": [
        (URL, URL + ", tiers: [nightly, §depp]"),
        "'tiers' is 'depp', not nightly, deep, privileged or online. (did you mean 'deep'?)",
    ],
    "tiers_without_nightly": [
        (URL, URL + ", tiers: §[deep]"),
        "'tiers': nightly cannot be left out: what it asks would go unseen.",
    ],
    "unknown_exposure": [
        ("    owner: web team", "    owner: x\n    exposure: §extranet"),
        "'exposure' is 'extranet', not internet or internal. (did you mean 'internet'?)",
    ],
    "another_schema": [
        ("inventory/v1", "§inventory/v2"),
        "'schema' is 'inventory/v2', not inventory/v1. (did you mean 'inventory/v1'?)",
    ],
    "alias_to_itself": [
        ("data_classes: [contact]", "data_classes: §&loop [*loop]"),
        "an alias leads back into itself.",
    ],
    "tag": [("name: Site", "name: §!secret x"), "tags (words with !) are not read here."],
}
