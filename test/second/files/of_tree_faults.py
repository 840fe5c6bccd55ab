"""tree-faults.json: audit paths, consistency proofs, blocks and parts of a closed index, and heads of the log."""

from codec import decode
from curve import Refused
from faults import check_entries
from index_blocks import holds_part, part_of, read_part, verify_blocks
from merkle import verify_consistency, verify_inclusion
from note import verify_head
from vectors import b

LOG_NAME = "log.vectors.example"


def inclusion(entry, v):
    path = [b(p) for p in entry["proof"]]
    verify_inclusion(b(entry["leafHash"]), entry["index"], entry["size"], path, b(entry["root"]))


def consistency(entry, v):
    path = [b(p) for p in entry["proof"]]
    verify_consistency(entry["from"], entry["to"], b(entry["fromRoot"]), b(entry["toRoot"]), path)


def index_blocks(entry, v):
    verify_blocks(decode("IndexBlocks", b(entry["blocks"])), entry["epoch"], entry["count"], b(entry["root"]))


def part(entry, v):
    n, m = read_part(entry["part"])
    if part_of(b(entry["value"]), m) != n:
        raise Refused("refused")


def index_part(entry, v):
    pages = [decode("IndexBlocks", b(page)) for page in entry["pages"]]
    for page in pages:
        verify_blocks(page, entry["epoch"], entry["count"], b(entry["root"]))
    if not holds_part([run for page in pages for run in page["runs"]], *read_part(entry["part"]), entry["count"]):
        raise Refused("refused")


def head(entry, v):
    witnesses = {f"symbolon/trustee-{i}": b(key) for i, key in enumerate(entry["witnessKeys"], 1)}
    log = (LOG_NAME, b(entry["logKey"]))
    verify_head(entry["note"], log, witnesses, entry["quorum"], entry["maxAgeSeconds"], entry["now"])


JUDGES = {
    "inclusion": inclusion,
    "consistency": consistency,
    "index-blocks": index_blocks,
    "part": part,
    "index-part": index_part,
    "head": head,
}


def check(v, t, others):
    check_entries(JUDGES, v, t)
