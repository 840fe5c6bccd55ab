"""The two generated tables of docs/SPEC.md: labels (section 2) and layouts of documents (section 3).

This verifier takes both from the text itself, so it holds no copy of them.
"""

from pathlib import Path

TEXT = (Path(__file__).parents[3] / "docs" / "SPEC.md").read_text(encoding="utf-8")


def block(name):
    start = TEXT.index(f"<!-- generated: {name} -->")
    return TEXT[start : TEXT.index(f"<!-- end: {name} -->", start)].split("```")[1].strip("\n")


LABELS = dict(line.split() for line in block("labels").splitlines())
