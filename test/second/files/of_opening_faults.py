"""opening-faults.json: shares that are proved anew around one fault, combined record shares, and stanzas."""

from codec import decode
from curve import decode_g1
from faults import check_entries
from hash_to_curve import notice_base, tag_base
from openings import (
    case_context,
    combine_points,
    verify_link_share,
    verify_notice_share,
    verify_record_share,
    verify_trace_share,
)
from records import open_stanza
from vectors import b


def at(kind, entry, v):
    """What the verifier of one share knows. An entry may name another context, index or key."""
    key = "link" if kind == "notice" else kind
    return {
        "ctx": case_context(b(entry.get("context", v["contexts"][kind])))[1],
        "index": entry.get("index", 1),
        "set": v["set"],
        "shareKey": decode_g1(b(entry.get("shareKey", v["shareKeys"][key]))),
        "F1": decode_g1(b(v["F1"])),
        "F2": decode_g1(b(v["F2"])),
    }


def link(entry, v):
    bases = [tag_base(b(s["paramsHash"]), s["epoch"], s["slot"]) for s in v["slots"]]
    verify_link_share(at("link", entry, v), bases, b(entry["share"]))


def notice(entry, v):
    verify_notice_share(at("notice", entry, v), notice_base(b(v["caseId"])), b(entry["share"]))


def trace(entry, v):
    verify_trace_share(at("trace", entry, v), decode_g1(b(v["C1"])), b(entry["share"]))


def record(entry, v):
    verify_record_share(at("record", entry, v), decode_g1(b(v["u"])), b(entry["share"]))


def combine(entry, v):
    shares = [decode("RecordShare", b(s)) for s in entry["shares"]]
    point = combine_points(entry["set"], shares, "point")
    return "accepted" if point.encode() == b(v["combined"]) else "another point"


def stanza(entry, v):
    secret, key = b(v["groupHybridSecret"]), decode_g1(b(v["recordKey"]))
    open_stanza(secret, key, b(v["label"]), b(entry["stanza"]))


JUDGES = {
    "link-share": link,
    "notice-share": notice,
    "trace-share": trace,
    "record-share": record,
    "combine": combine,
    "stanza": stanza,
}


def check(v, t, others):
    check_entries(JUDGES, v, t)
