"""codec-faults.json: documents with one field outside its form, as edits of documents that decode."""

from codec import decode
from faults import check_entries
from vectors import changed


def decodes(entry, v):
    decode(entry["document"], changed(entry["base"], entry["edit"]))


def check(v, t, others):
    check_entries({"decode": decodes}, v, t)
