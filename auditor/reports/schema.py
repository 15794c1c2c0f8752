"""The JSON Schema (draft 2020-12) of the report: every key that `json.py` writes, described, and no other.

Enumerations come from the model, so that a new word cannot be written and not be published. Readers must accept keys
that they do not know (docs/report.md); the schema of one version names those of that version alone.
"""

from __future__ import annotations

import json

from auditor.check import ID
from auditor.model import Basis, Letter, Outcome, Reason, Sensitivity, Severity, Standing, Tier
from auditor.reports.json import SCHEMA
from auditor.reports.schema_letters import alone, counts, held, letters, next_letter, step
from auditor.reports.schema_parts import (
    Schema,
    a_list,
    an_object,
    boolean,
    count,
    fixed,
    name,
    one_of,
    or_null,
    ref,
    text,
)

TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?Z$"
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
DIGEST = "^([0-9a-f]{64})?$"
HEAD: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": SCHEMA,
    "title": "Report of the encryption compliance auditor",
}


def render() -> str:
    """docs/report.schema.json: indented, ends with a line feed."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def schema() -> Schema:
    """The whole schema, as plain JSON values."""
    return {
        **HEAD,
        **an_object(
            "One run: what was graded, by which rules, what was found, and who accepted what.",
            {
                "schema": fixed(SCHEMA, "The contract that this document keeps."),
                "run": _run(),
                "city": or_null(_city(), "The whole; null for an ad hoc check and with --only."),
                "systems": a_list(_system(), "What gets a letter, in the inventory's order."),
                "departments": a_list(_department(), "Who is accountable, by id; empty where `city` is null."),
                "assets": a_list(_asset(), "What was looked at, or should have been."),
                "findings": a_list(_finding(), "One for each asset, check and locus, in that order."),
                "found": a_list(_found(), "Assets that no inventory lists and nobody excluded."),
                "discovered_at": or_null(ref("time"), "When such assets were last looked for; null: never."),
                "waivers": a_list(_waiver(), "Accepted risks, expired ones too."),
                "expired_waivers": a_list(text("Id of a waiver."), "Waivers whose last day is over."),
                "attestations": a_list(_attestation(), "Somebody's word for what could not be seen."),
                "expired_attestations": a_list(text("Id of an attestation."), "Attestations whose last day is over."),
                "expired_agreements": a_list(text("Id of a vendor."), "Vendors whose agreement's last day is over."),
                "expiring": a_list(_expiring(), "What ends by itself unless somebody acts, the soonest first."),
                "plugins": a_list(text("Name and version."), "The distributions that the checks came from."),
            },
        ),
        "$defs": _definitions(),
    }


def _definitions() -> Schema:
    return {
        "letter": one_of(map(str, sorted(Letter, reverse=True)), "A letter, best first. NG: not graded."),
        "counts": counts(),
        "step": step(),
        "next": next_letter(),
        "check": {"description": "Id of a check (docs/checks.md).", "type": "string", "pattern": f"^{ID.pattern}$"},
        "time": {"description": "An instant, UTC.", "type": "string", "format": "date-time", "pattern": TIME},
        "day": {
            "description": "A day in the organisation's zone (`run.timezone`).",
            "type": "string",
            "format": "date",
            "pattern": DAY,
        },
    }


def _run() -> Schema:
    return an_object(
        "Which run this was, and by which rules.",
        {
            "id": name("The run's name."),
            "started": ref("time", "When the first host was looked at."),
            "finished": ref("time", "When the last one was."),
            "as_of": ref("time", "The instant for which the letters hold."),
            "tool": name("Version of the program."),
            "rubric": name("Version of the rubric."),
            "complete": boolean("Everything was seen that was asked."),
            "inventory": {
                "description": "SHA-256 of the inventory's content; empty for an ad hoc check.",
                "type": "string",
                "pattern": DIGEST,
            },
            "timezone": name("IANA zone in which the days of waivers and attestations end."),
        },
    )


def _city() -> Schema:
    spread = an_object(
        "How many systems have which letter.",
        {str(letter): count(f"Systems at {letter}.") for letter in sorted(Letter, reverse=True)},
    )
    sensitive = an_object(
        "The number to follow over the years: systems with confidential, restricted or undeclared data.",
        {
            "at_b_or_better": count("Those at B or better."),
            "systems": count("All of them, those that are not graded too."),
        },
    )
    return an_object(
        "The organisation as a whole.",
        {
            "id": text("The organisation's name."),
            **letters(),
            **held(),
            "distribution": spread,
            "sensitive": sensitive,
            "found_unclaimed": count("Assets that were found and that nobody claims."),
            "caps": a_list(text("A reason, in words."), "What caps the city beyond its systems."),
        },
    )


def _system() -> Schema:
    return an_object(
        "The unit that gets a letter.",
        {
            "id": name("Id in the inventory."),
            "name": text("As it stands on the scorecard."),
            "department": text("Id of the accountable department; empty where no inventory says it any more."),
            "owner": text("The role that fixes it."),
            "sensitivity": one_of(
                (one.word for one in Sensitivity), "Of its data; undeclared data is graded like confidential data."
            ),
            **letters(),
            **held(),
            **alone(),
        },
    )


def _department() -> Schema:
    return an_object(
        "Who is accountable for systems.",
        {
            "id": text("Id in the inventory; empty where no inventory says it any more."),
            "name": text("As it stands on the scorecard."),
            **letters(),
        },
    )


def _asset() -> Schema:
    return an_object(
        "One thing that is looked at.",
        {
            "id": name("Id, as system/asset; the target as it was typed for an ad hoc check."),
            "kind": name("web, server, bucket, tls, mx, or another."),
            "address": name("URL, ssh://[user@]host[:port] or s3://bucket."),
            "system": text("Id of its system; empty for an ad hoc check."),
            **letters(),
            **held(),
            **alone(),
            "not_asked": a_list(ref("check"), "Checks of a tier that the inventory does not ask of it."),
        },
    )


def _finding() -> Schema:
    return {
        **an_object(
            "What one check says of one place. Asset, check and locus are its fingerprint.",
            {
                "asset": name("Id of the asset."),
                "check": ref("check"),
                "locus": text("Where on the asset (address:port, mount, path); empty where there is one place."),
                "outcome": one_of(Outcome, "What the check says."),
                "severity": one_of(
                    (one.word for one in Severity), "How bad a failure of this check is, whatever data is behind it."
                ),
                "tier": one_of(Tier, "How much the check asks of its target."),
                "basis": one_of(Basis, "How sure we are: seen by us, taken from another tool, or told."),
                "reason": or_null(_reason(), "A word for unknown, else null."),
                "standing": one_of(Standing, "Why it counts: seen in this run, seen before, or told."),
                "observed_at": or_null(ref("time"), "When it was seen; null where it never was."),
                "summary": text("What was found, as half a sentence. Hostile text may stand in it."),
                "evidence": a_list(_evidence(), "What somebody else can check again."),
                "waiver": or_null(name("Id of a waiver."), "The waiver that covers it, in force."),
                "attestation": or_null(name("Id of an attestation."), "Whose word answers or backs it."),
                "flapping": boolean("It was seen both ways in this run; the worse counts."),
            },
        ),
        "if": {"properties": {"outcome": {"const": Outcome.UNKNOWN.value}}},
        "then": {"properties": {"reason": {"type": "string"}}},
        "else": {"properties": {"reason": {"type": "null"}}},
    }


def _reason() -> Schema:
    return one_of((reason.word for reason in Reason), "Why it could not be seen.")


def _evidence() -> Schema:
    return an_object(
        "One row. Texts stand as the target gave them; whoever shows them makes them harmless.",
        {
            "looked_at": text("Where we looked."),
            "seen": text("What was there."),
            "wanted": text("What should have been there."),
        },
    )


def _found() -> Schema:
    return an_object(
        "An asset that is in no inventory.",
        {"id": name("Id."), "kind": name("Its kind."), "address": name("Where it is.")},
    )


def _waiver() -> Schema:
    return an_object(
        "An accepted risk. It never raises the measured letter.",
        {
            "id": name("Id in the inventory."),
            "check": ref("check"),
            "asset": name("Id of the asset."),
            "reason": text("Why the risk is accepted for now."),
            "risk_owner": text("Who bears the risk."),
            "approved_by": text("Who accepted it."),
            "approved": ref("day", "When."),
            "expires": ref("day", "The last day on which it holds."),
            "expired": boolean("That day is over at `run.as_of`."),
        },
    )


def _attestation() -> Schema:
    return an_object(
        "Somebody with a name says how a check that could not be seen stands.",
        {
            "id": name("Id."),
            "check": ref("check"),
            "asset": name("Id of the asset."),
            "outcome": one_of([Outcome.PASS, Outcome.FAIL], "What was said."),
            "statement": text("In which words."),
            "by": text("Who said it."),
            "made": ref("day", "When."),
            "expires": ref("day", "The last day on which it holds."),
            "expired": boolean("That day is over at `run.as_of`."),
        },
    )


def _expiring() -> Schema:
    return an_object(
        "Something that ends by itself.",
        {
            "what": name("certificate, waiver, attestation, agreement, listing (planned to go), or a plug-in's word."),
            "subject": name("Id of the asset, the waiver, the attestation, the vendor, or of what is listed."),
            "locus": text("Where on the asset; empty where there is one place."),
            "at": ref("time", "From then on it no longer holds."),
        },
    )
