"""tree-faults.json: audit paths, consistency proofs, blocks of a closed index, and heads of the log."""

from codec import decode
from faults import check_entries
from index_blocks import verify_blocks
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


def head(entry, v):
    witnesses = {f"symbolon/trustee-{i}": b(key) for i, key in enumerate(entry["witnessKeys"], 1)}
    log = (LOG_NAME, b(entry["logKey"]))
    verify_head(entry["note"], log, witnesses, entry["quorum"], entry["maxAgeSeconds"], entry["now"])


JUDGES = {"inclusion": inclusion, "consistency": consistency, "index-blocks": index_blocks, "head": head}


def check(v, t, others):
    check_entries(JUDGES, v, t)
