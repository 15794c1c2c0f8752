"""The nouns that everybody shares: what is graded, what was found, and the letters. Imports nothing of ours."""

from auditor.model.assets import Asset, Department, Estate, Export, Jump, Sampling, System
from auditor.model.findings import Carried, Evidence, Finding, Verdict
from auditor.model.grades import Alone, CityGrade, Counts, Grade, Letters, NextLetter, Step, StepKind
from auditor.model.promises import Attestation, ClassTag, Expiring, Leaving, Vendor, Waiver
from auditor.model.reason import REASON_WORDS, Reason
from auditor.model.report import Report, RunInfo
from auditor.model.words import Basis, KeyNeed, Letter, Outcome, Sensitivity, Severity, Standing, Tier

__all__ = [
    "REASON_WORDS",
    "Alone",
    "Asset",
    "Attestation",
    "Basis",
    "Carried",
    "CityGrade",
    "ClassTag",
    "Counts",
    "Department",
    "Estate",
    "Evidence",
    "Expiring",
    "Export",
    "Finding",
    "Grade",
    "Jump",
    "KeyNeed",
    "Leaving",
    "Letter",
    "Letters",
    "NextLetter",
    "Outcome",
    "Reason",
    "Report",
    "RunInfo",
    "Sampling",
    "Sensitivity",
    "Severity",
    "Standing",
    "Step",
    "StepKind",
    "System",
    "Tier",
    "Vendor",
    "Verdict",
    "Waiver",
]
