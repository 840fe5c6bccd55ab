"""approval-faults.json: sets of approvals, each signed anew around one fault."""

from approvals import verify_approvals
from faults import check_entries
from vectors import b


def approvals(entry, v):
    scope = {"orderHash": b(v["orderHash"]), "caseId": b(v["caseId"]), "from": v["from"], "to": v["to"]}
    keys, needed = [b(k) for k in v["trusteeKeys"]], entry.get("needed", v["needed"])
    members, _ = verify_approvals(scope, [b(a) for a in entry["approvals"]], keys, needed)
    return "accepted " + ",".join(str(i) for i in members)


def check(v, t, others):
    check_entries({"approvals": approvals}, v, t, unnamed=("approvals",))
