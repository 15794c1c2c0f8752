"""Entries whose values break their form, lead nowhere, or contradict what stands elsewhere. `§`: where it stands."""

from __future__ import annotations

from tests.inventory.bad_entry_keys import DB, FILES, URL, WWW

FORMATS = {
    "bad_id": [
        ("id: www", "id: §W W W"),
        "'id': an id is a-z, 0-9, '-', '_' and '.', at most 64 characters.",
    ],
    "bad_date": [
        ("approved: 2026-01-01", "approved: §2026-02-30"),
        "'approved': 2026-02-30 is no day of the calendar.",
    ],
    "american_date": [
        ("expires: 2027-01-01", "expires: §01/31/2027"),
        "'expires': a date is written YYYY-MM-DD, like 2027-06-30.",
    ],
    "date_with_a_time": [
        ("expires: 2027-01-01", "expires: §2027-01-01T10:00:00Z"),
        "'expires': a date is written YYYY-MM-DD, like 2027-06-30.",
    ],
    "unknown_zone": [
        ("Europe/Paris", "§Europe/Pariss"),
        "'timezone': this is no IANA time zone, like America/New_York. (did you mean 'Europe/Paris'?)",
    ],
    "zone_that_is_a_path": [
        ("Europe/Paris", "§../../etc/passwd"),
        "'timezone': this is no IANA time zone, like America/New_York.",
    ],
    "zone_that_is_a_folder": [
        ("Europe/Paris", "§US"),
        "'timezone': this is no IANA time zone, like America/New_York.",
    ],
    "bad_mail_address": [
        ("name: Computing", "name: Computing, contact: §nobody"),
        "'contact': this is no mail address.",
    ],
    "bad_check_id": [("check: swap-plain", "check: §Swap"), "'check': a check id is like bucket-plain-http."],
    "bad_country": [
        ("    owner: web team", "    owner: x\n    hosting: {kind: saas, jurisdiction: §USA}"),
        "'jurisdiction': a country is two capital letters (ISO 3166-1), like US.",
    ],
    "credential_that_is_no_name": [
        (DB, DB + ", credential: §hunter2!"),
        "'credential': this is the *name* of a credential: a-z, 0-9, '-', '_' and '.', never the thing itself.",
    ],
    "bad_login": [(DB, DB + ", user: §audit:hunter2"), "'user': this is no login name."],
    "bad_host_key": [
        (DB, DB + ", host_key: §ssh-ed25519 AAAA"),
        "'host_key': a host key is 'ssh-ed25519 AAAA…' (from ssh-keyscan) or 'SHA256:…' (from ssh-keygen -l).",
    ],
    "bad_account": [
        ('["123456789012"]', '[§"1234"]'),
        (
            '{id: files, kind: bucket, name: elm-files, account: "123456789012"}',
            "{id: f2, kind: server, host: f2.elm.example}",
        ),
        "'aws_accounts': an AWS account is 12 digits in quotes.",
    ],
}

LOCATORS = {
    "http_url": [
        (URL, '§"http://www.elm.example/"'),
        "'url': write https://: a web service is asked for HTTPS, and its port 80 is looked at anyway.",
    ],
    "http_url_with_port_80": [
        (URL, '§"http://www.elm.example:80/"'),
        "'url': write https://: a web service is asked for HTTPS, and its port 80 is looked at anyway.",
    ],
    "ftp_url": [(URL, '§"ftp://www.elm.example/"'), "'url': a web address begins with https://."],
    "url_without_scheme": [(URL, "§www.elm.example"), "'url': a web address begins with https://."],
    "url_without_host": [(URL, '§"https:///x"'), "'url': this URL names no host."],
    "url_with_port_70000": [
        (URL, '§"https://www.elm.example:70000/"'),
        "'url': the port or the brackets of this URL cannot be read.",
    ],
    "url_with_port_0": [(URL, '§"https://www.elm.example:0/"'), "'url': a port is 1 to 65535."],
    "url_with_open_bracket": [(URL, '§"https://[::1/"'), "'url': the port or the brackets of this URL cannot be read."],
    "url_with_space": [(URL, '§"https://www.elm.example/a b"'), "'url': a URL has no spaces."],
    "url_with_query": [
        (URL, '§"https://www.elm.example/?token=hunter2"'),
        "'url': leave out the query and the fragment: secrets hide there, and no check reads them.",
    ],
    "url_with_quote_in_path": [
        (URL, "§'https://www.elm.example/\"<b>'"),
        "'url': the path holds a character that must be percent-encoded.",
    ],
    "unicode_host": [(URL, '§"https://élm.elm.example/"'), "'url': write the host in its ASCII form (xn--…)."],
    "host_with_underscore": [(DB, "host: §db_1.elm.example"), "'host': this is not a host name or an IP address."],
    "host_with_slash": [
        (DB, "host: §db.elm.example/x"),
        "'host': write one host name or IP address alone: no scheme, user, port, path or prefix.",
    ],
    "host_with_port": [
        (DB, "host: §db.elm.example:22"),
        "'host': write one host name or IP address alone: no scheme, user, port, path or prefix.",
    ],
    "host_with_user": [
        (DB, "host: §audit@db.elm.example"),
        "'host': write one host name or IP address alone: no scheme, user, port, path or prefix.",
    ],
    "short_ipv4": [(DB, 'host: §"127.1"'), "'host': write an IPv4 address as four numbers from 0 to 255."],
    "ipv4_out_of_range": [(DB, "host: §192.0.2.256"), "'host': write an IPv4 address as four numbers from 0 to 255."],
    "hexadecimal_ipv4": [(DB, "host: §a.0x7f"), "'host': write an IPv4 address as four numbers from 0 to 255."],
    "bucket_name_in_capitals": [
        ("elm-files", "§Elm-Files"),
        "'name': a bucket name is 3 to 63 of a-z, 0-9, '-' and '.', and begins and ends with a letter or digit.",
    ],
    "bucket_name_like_an_address": [
        ("elm-files", "§192.0.2.1"),
        "'name': a bucket name is 3 to 63 of a-z, 0-9, '-' and '.', and begins and ends with a letter or digit.",
    ],
    "suffix_with_star": [
        ("[elm.example]", '[§"*.elm.example"]'),
        "'dns_suffixes': write the domain alone: all names under it are meant.",
    ],
    "suffix_of_one_label": [
        ("[elm.example]", "[§example]"),
        "'dns_suffixes': a single label is too wide for a scope: name the city's own domain.",
    ],
    "suffix_that_is_an_address": [
        ("[elm.example]", "[§192.0.2.1]"),
        "'dns_suffixes': an address belongs under subnets.",
    ],
    "subnet_with_host_bits": [
        ("192.0.2.0/24", "§192.0.2.7/24"),
        "'subnets': this is not a network like 192.0.2.0/24 (the bits after the prefix must be 0).",
    ],
    "subnet_of_everything": [("192.0.2.0/24", "§0.0.0.0/0"), "'subnets': the whole internet is no scope."],
    "exclusion_of_a_network": [
        ("scada.elm.example", "§192.0.2.0/28"),
        "'match': write one host name or IP address alone: no scheme, user, port, path or prefix.",
    ],
}

WHOLE = {
    "duplicate_department": [
        ("  - {id: it, name: Computing}", "  - {id: it, name: Computing}\n  - {id: §it, name: x}"),
        "the department 'it' stands already in line 13.",
    ],
    "duplicate_system": [
        ("waivers:", "  - {id: §site, name: x, department: it, owner: x}\nwaivers:"),
        "the system 'site' stands already in line 15.",
    ],
    "duplicate_asset": [("id: db", "id: §www"), ("site/db", "site/www"), "the asset 'www' stands already in line 21."],
    "duplicate_asset_of_another_system": [
        (
            "waivers:",
            "  - {id: two, name: x, department: it, owner: x,\n"
            "     assets: [{id: §www, kind: server, host: x.elm.example}]}\nwaivers:",
        ),
        "the asset 'www' stands already in line 21.",
    ],
    "duplicate_waiver": [
        (
            "retired:",
            "  - {id: §W-1, asset: site/www, check: disk-plain, reason: x, risk_owner: a, approved_by: b,\n"
            "     approved: 2026-01-01, expires: 2027-01-01}\nretired:",
        ),
        "the waiver 'W-1' stands already in line 25.",
    ],
    "two_waivers_of_one_check": [
        (
            "retired:",
            "  - {id: W-2, asset: site/db, check: §swap-plain, reason: x, risk_owner: a, approved_by: b,\n"
            "     approved: 2026-01-01, expires: 2027-01-01}\nretired:",
        ),
        "a waiver of this asset and check stands already in line 27.",
    ],
    "one_url_twice": [
        (WWW, WWW + '\n      - {id: home, kind: web, url: §"https://WWW.elm.example.:443"}'),
        "this is the address of the asset in line 21.",
    ],
    "one_server_twice": [
        (WWW, WWW + "\n      - {id: db1, kind: server, host: db.elm.example, user: root, port: 22}"),
        (DB + "}", "host: §db.elm.example}"),
        "this is the address of the asset in line 22.",
    ],
    "one_bucket_twice": [
        (WWW, WWW + '\n      - {id: f, kind: bucket, account: "123456789012", name: elm-files}'),
        (FILES, FILES.replace("elm", "§elm")),
        "this is the address of the asset in line 22.",
    ],
    "unknown_department": [
        ("department: it", "department: §itt"),
        "the department 'itt' is not declared. (did you mean 'it'?)",
    ],
    "unknown_data_class": [
        ("[contact]", "[contact, §opne]"),
        "the data class 'opne' is not declared. (did you mean 'open'?)",
    ],
    "unknown_data_class_of_an_asset": [
        (URL, URL + ", data_classes: [§health]"),
        "the data class 'health' is not declared.",
    ],
    "waiver_of_no_asset": [
        ("asset: site/db", "asset: §site/dbb"),
        "the waiver matches nothing: no asset 'site/dbb' is listed. (did you mean 'site/db'?)",
    ],
    "waiver_of_an_asset_without_its_system": [
        ("asset: site/db", "asset: §db"),
        "the waiver matches nothing: no asset 'db' is listed. (did you mean 'site/db'?)",
    ],
    "waiver_of_a_system": [
        ("asset: site/db", "asset: §site"),
        "the waiver matches nothing: no asset 'site' is listed. (did you mean 'site/db'?)",
    ],
    "waiver_of_no_check": [
        ("check: swap-plain", "check: §swap-plane"),
        "the waiver matches nothing: there is no check 'swap-plane'. (did you mean 'swap-plain'?)",
    ],
    "waiver_that_ends_before_it_begins": [
        ("expires: 2027-01-01", "expires: §2025-12-31"),
        "the waiver expires before it is approved (2026-01-01).",
    ],
    "waiver_approved_by_the_risk_owner": [
        ("approved_by: cio\n", "approved_by: §CFO\n"),
        "whoever bears the risk cannot approve the waiver.",
    ],
    "retired_and_listed_system": [("id: old", "id: §site"), "'site' is retired and still listed."],
    "retired_and_listed_asset": [
        ("id: old, kind: system", "id: §site/db, kind: asset"),
        "'site/db' is retired and still listed.",
    ],
    "retired_twice": [
        ("retired:\n", "retired:\n  - {id: old, kind: system, retired: 2025-01-01, reason: x}\n"),
        ("{id: old, kind: system, retired: 2026", "{id: §old, kind: system, retired: 2026"),
        "the entry 'old' stands already in line 34.",
    ],
    "retired_asset_without_its_system": [
        ("id: old, kind: system", "id: old, kind: §asset"),
        "an asset is written system/asset, a system without a slash.",
    ],
    "former_name_that_is_listed": [(URL, URL + ", formerly: [§site/db]"), "the former name 'site/db' is still listed."],
    "former_name_that_is_retired": [
        (URL, URL + ", formerly: [§old/www]"),
        ("id: old, kind: system", "id: old/www, kind: asset"),
        "the former name 'old/www' is retired: a rename needs no such entry.",
    ],
    "former_name_of_two": [
        (URL, URL + ", formerly: [a/b]"),
        (DB, DB + ", formerly: [§a/b]"),
        "the former name 'a/b' stands already in line 21.",
    ],
    "url_outside_the_scope": [
        (URL, '§"https://www.elm.example.org/"'),
        "'www.elm.example.org' lies outside the scope: scope.dns_suffixes does not hold it.",
    ],
    "lookalike_of_a_suffix": [
        (DB, "host: §dbelm.example"),
        "'dbelm.example' lies outside the scope: scope.dns_suffixes does not hold it.",
    ],
    "address_outside_the_scope": [
        (DB, "host: §192.0.3.1"),
        "'192.0.3.1' lies outside the scope: scope.subnets does not hold it.",
    ],
    "account_outside_the_scope": [
        (FILES, 'name: elm-files, account: §"999999999999"'),
        "'999999999999' lies outside the scope: scope.aws_accounts does not hold it.",
    ],
    "account_without_its_number": [
        (WWW, WWW + "\n      - §{id: all, kind: account}"),
        "an account of AWS needs its number: account, 12 digits in quotes.",
    ],
    "account_out_of_scope": [
        (WWW, WWW + '\n      - {id: all, kind: account, account: §"999999999999"}'),
        "'999999999999' lies outside the scope: scope.aws_accounts does not hold it.",
    ],
    "one_account_twice": [
        (
            WWW,
            WWW
            + '\n      - {id: all, kind: account, account: "123456789012"}'
            + '\n      - {id: more, kind: account, account: §"123456789012", credential: audit}',
        ),
        "this is the address of the asset in line 22.",
    ],
    "region_that_is_none": [
        (WWW, WWW + '\n      - {id: all, kind: account, account: "123456789012", regions: [§Ireland]}'),
        "'regions': this is no region of a cloud, like us-east-1.",
    ],
    "bucket_without_account_in_a_scope": [
        ("{id: files, kind: bucket, " + FILES, "§{id: files, kind: bucket, name: elm-files"),
        "there is a scope, so this bucket needs the account that owns it.",
    ],
    "listed_and_excluded": [
        (DB, "host: §plc1.scada.elm.example"),
        "'plc1.scada.elm.example' is listed here and excluded in line 8.",
    ],
}
