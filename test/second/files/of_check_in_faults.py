"""check-in-faults.json: check-ins that are proved and signed anew around one fault, and the freshness of challenges."""

from check_in import check_freshness, verify_check_in
from faults import check_entries, verdict_of
from vectors import b
from world import world_of


def worlds(entry, v):
    """The parameters of the tag's epoch and of the credential's, by their names in the file."""
    return [world_of(b(v[entry.get(role, "parameters")])) for role in ("tag", "credential")]


def check_in(entry, v):
    verify_check_in(*worlds(entry, v), b(entry["checkIn"]))


def batch(entry, v):
    under = worlds(entry, v)
    return ",".join(verdict_of(lambda: _one(under, data)) for data in entry["checkIns"])


def _one(under, data):
    verify_check_in(*under, b(data))


def freshness(entry, v):
    check_freshness(entry["challenge"], entry["tolerances"], entry["now"], entry["offline"])


def check(v, t, others):
    check_entries({"check-in": check_in, "check-in-batch": batch, "freshness": freshness}, v, t)
