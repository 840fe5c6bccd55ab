"""case-faults.json: orders at and beyond their limits, and the log's proofs of a case, signed anew around one fault."""

from approvals import verify_approvals
from case_proofs import check_logged, check_notice, check_order, check_scope
from codec import decode
from faults import check_entries
from note import verify_head
from vectors import b

LOG_NAME = "log.vectors.example"


def order(entry, v):
    check_order(decode("Order", b(entry["order"])), entry["now"], entry["toleranceSeconds"])


def scope(entry, v):
    epochs = [dict(e) | {"keySetId": b(e["keySetId"])} for e in entry["epochs"]]
    check_scope(decode("Order", b(entry["order"])), epochs, entry["now"])


def head_of(entry, v):
    """Size and root of the note's head, which may have any age."""
    witnesses = {f"symbolon/trustee-{i}": b(key) for i, key in enumerate(v["trusteeKeys"], 1)}
    size, root, _ = verify_head(entry["note"], (LOG_NAME, b(v["logKey"])), witnesses, v["quorum"])
    return size, root


def logged(value):
    return {"entry": b(value["entry"]), "index": value["index"], "proof": [b(p) for p in value["proof"]]}


def approved(entry, v):
    head = head_of(entry, v)
    proofs = {"order": logged(entry["order"])}
    proofs |= {name: [logged(x) for x in entry[name]] for name in ("approvals", "officers")}
    check_logged(proofs, head, b(v["orderHash"]), b(v["caseId"]), [b(a) for a in v["approvals"]])


def noticed(entry, v):
    members = [b(v["trusteeKeys"][i - 1]) for i in v["set"]]
    signed = [b(s) for s in entry["signed"]]
    check_notice(logged(entry["logged"]), signed, head_of(entry, v), b(v["orderHash"]), b(v["caseId"]), members)


def check_set(v):
    """The approvals of the file are those of its set."""
    within = {"orderHash": b(v["orderHash"]), "caseId": b(v["caseId"]), "from": v["from"], "to": v["to"]}
    approvals, keys = [b(a) for a in v["approvals"]], [b(k) for k in v["trusteeKeys"]]
    return verify_approvals(within, approvals, keys, len(approvals))[0]


def check(v, t, others):
    t.same("set", check_set(v), v["set"])
    check_entries({"order": order, "scope": scope, "approved": approved, "noticed": noticed}, v, t)
