"""container-faults.json: keys to seal to, seals, age headers, TIDs, groups of blobs and receive windows."""

from age_header import check_stanza_set
from codec import Reader, malformed
from curve import Refused
from faults import check_entries
from tid import read_tid
from vectors import b
from window import Window
from xwing import check_receiver, hybrid_open

GROUP_BLOB_BYTES = 65536


def seal_key(entry, v):
    check_receiver(b(entry["publicKey"]))


def sealed_part(entry, v):
    hybrid_open(b(v["seed"]), b(entry["aad"]), b(entry["sealed"]))


def age_header(entry, v):
    check_stanza_set(b(entry["header"]))


def tid(entry, v):
    read_tid(entry["tid"])


def blob_group(entry, v):
    """u32 length ‖ sealed blob of each blob that was asked for (SPEC, section 12)."""
    r = Reader(b(entry["group"]))
    for _ in range(entry["count"]):
        if len(r.take(r.number(4))) > GROUP_BLOB_BYTES:
            raise malformed("a longer blob")
    if r.at != len(r.data):
        raise malformed("trailing bytes")


def window(entry, v):
    received, decisions = Window(), []
    for seq in map(int, entry["seqs"]):
        try:
            received.check(seq)
        except Refused as refused:
            decisions.append(refused.reason)
        else:
            received.move(seq)
            decisions.append("ok")
    return ",".join(decisions)


JUDGES = {
    "seal-key": seal_key,
    "sealed-part": sealed_part,
    "age-header": age_header,
    "tid": tid,
    "blob-group": blob_group,
    "window": window,
}


def check(v, t, others):
    check_entries(JUDGES, v, t)
