"""The YAML parser's complaints in a city engineer's words. Repeats nothing of the file: a secret may stand there."""

from __future__ import annotations

from ruamel.yaml.error import MarkedYAMLError

from auditor.inventory.complaints import Place

# The start of the parser's sentence → ours. The first that fits counts.
WORDS = (
    ("found character '\\t'", "a tab stands where YAML wants spaces."),
    (
        "mapping values are not allowed",
        "a ':' stands where no key can begin: is a text without quotes, or an indent off?",
    ),
    ("found undefined alias", "an alias (*name) has no anchor (&name) before it."),
    ("found undefined tag handle", "tags (words with !) are not read here."),
    ("found unexpected end of stream", "a quote is opened here and never closed."),
    ("maximum depth", "the file is nested too deeply."),
    ("but found another document", "a second document begins here: an inventory is one document."),
    ("expected <block end>", "this line's indent fits nothing above it."),
    ("could not find expected ':'", "a key without its ':' stands here."),
    ("expected ',' or", "a bracket is not closed before this, or a comma is missing."),
    ("expected the node content", "a value is missing here: is a bracket not closed?"),
    ("found character", "this character cannot begin a word here: put the text in quotes."),
    ("found unknown escape", "a backslash in double quotes begins an escape that YAML does not know."),
    ("expected alphabetic or numeric", "this character cannot begin a name here: put the text in quotes."),
)
NEAR_START = ("a quote is opened", "a key without")  # the parser points at the end; the person wants the start


def explain(error: MarkedYAMLError | None) -> tuple[Place, str]:
    """Where it is and what it means. `error` None: the parser broke off without saying where."""
    if error is None:
        return Place(), "this is not YAML: an escape or a directive in it is broken."
    problem = str(error.problem or "")
    ours = next((words for start, words in WORDS if problem.startswith(start)), "this is not YAML.")
    mark = error.problem_mark or error.context_mark
    if ours.startswith(NEAR_START) and error.context_mark is not None:
        mark = error.context_mark
    return (Place(mark.line + 1, mark.column + 1) if mark is not None else Place()), ours
