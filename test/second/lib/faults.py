"""The files *-faults.json: entries of a kind, each with the verdict "accepted …" or the reason of a refusal.

A judge takes the entry and the file. It refuses, or it returns what it accepted: nothing, or the rest of the verdict.
"""

from ceremony import Abort, Complaint
from curve import Refused
from vectors import mark_read


def verdict_of(act):
    try:
        accepted = act()
    except Complaint as complaint:
        return f"complaint: {complaint.reason} about {complaint.trustee}"
    except Abort as abort:
        return abort.reason if abort.trustee is None else f"{abort.reason} by {abort.trustee}"
    except Refused as refused:
        return refused.reason
    return "accepted" if accepted is None else str(accepted)


def check_entries(judges, v, t, unnamed=()):
    """SPEC names no reasons for the kinds in `unnamed`, so their entries must only be refused."""
    for entry in v["entries"]:
        kind, reason = entry["kind"], entry["reason"]
        what = f"{kind}: {entry['class']}"
        if kind not in judges:
            t.differences.append(f"{what}: no judge for this kind")
            continue
        verdict = verdict_of(lambda: judges[kind](entry, v))
        if kind in unnamed and not verdict.startswith("accepted") and not reason.startswith("accepted"):
            verdict = reason
        t.same(what, verdict, reason)
        mark_read(entry)
