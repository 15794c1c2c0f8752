"""A check, a finding, or all findings of an asset, explained: as text for a terminal, and as data.

nouns.py     what is known
words.py     the words that several of these pages share
check.py     the page of a check
finding.py   the page of one finding
facts.py     what it was judged from
listing.py   all findings of an asset or a system, a line each
json.py      the contract "auditor/explanation/1" (docs/explain.md)
"""
