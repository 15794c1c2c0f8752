"""The JSON Schema of what stands beside every letter: counts, what holds it down, and what the next one takes."""

from __future__ import annotations

from auditor.model import StepKind
from auditor.reports.schema_parts import Schema, a_list, an_object, count, name, or_null, ref, text


def letters() -> Schema:
    return {
        "letter": ref("letter", "Measured: what was seen."),
        "at_worst": ref("letter", "With everything that was not seen counted as a failure."),
        "with_accepted_risks": ref("letter", "With waivers lifted."),
        "coverage": {
            "description": "Answered ÷ asked; null where nothing was asked.",
            "type": ["number", "null"],
            "minimum": 0,
            "maximum": 1,
        },
        "counts": ref("counts"),
    }


def held() -> Schema:
    return {
        "held_by": a_list(ref("step"), "What holds it down at its letter, the easiest first."),
        "next": or_null(ref("next"), "What the next letter takes; null at the best letter."),
    }


def alone() -> Schema:
    told = an_object(
        "One check, and what it would do alone.",
        {
            "check": name("Id of a check that fails, was not seen, or rests on somebody's word."),
            "letter": ref("letter", "The measured letter, were it to pass at all its places and all else to stay."),
        },
    )
    return {"fixed_alone": a_list(told, "What each check that caps the letter would lift it to alone, by id.")}


def next_letter() -> Schema:
    return an_object(
        "Doing all steps is necessary and sufficient for the letter, as far as was seen.",
        {"letter": ref("letter"), "steps": a_list(ref("step"), "The easiest first.")},
    )


def step() -> Schema:
    others = ", ".join(kind.value for kind in StepKind if kind is not StepKind.FIX)
    return {
        "description": "[asset, check, locus]. Where another thing than a check is to be done, its word stands for it.",
        "type": "array",
        "prefixItems": [
            text("Id of the asset or system; for the city's own steps its name or nothing."),
            name(f"Id of a check, or one of: {others}."),
            text("Where on the asset."),
        ],
        "minItems": 3,
        "items": False,
    }


def counts() -> Schema:
    return an_object(
        "Checks by place: what stands beside every letter.",
        {
            "asked": count("All that were asked."),
            "answered": count("Those that were seen in this run."),
            "failed": count("Those that fail."),
            "unknown": count("Those that could not be seen."),
            "stale": count("Those that stand from an earlier look."),
            "attested": count("Those that rest on somebody's word."),
            "waived": count("Those that a waiver covers."),
        },
    )
