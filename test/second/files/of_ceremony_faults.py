"""ceremony-faults.json: boards and resharings in which one trustee cheats, read by trustee 1."""

from ceremony import Ceremony, key_set_of
from codec import decode
from faults import check_entries
from hashes import H
from key_set import check_secret, core_of
from of_ceremony import check_seats
from resharing import Resharing
from vectors import b

ROUNDS = ("commits", "openings", "deals")


def ceremony(entry, v):
    """The entry's messages stand in place of the file's. Trustee 1 acts on the rounds up to `at`."""
    run = Ceremony(b(v["plan"]))
    board = {name: [b(m) for m in entry.get(name, v[name])] for name in (*ROUNDS, "acceptances")}
    if entry["at"] == "acceptances":
        key_set_of(run.context, run.keys, board["acceptances"])
        return
    run.read({name: board[name] for name in ROUNDS[: ROUNDS.index(entry["at"]) + 1]})
    run.check_own(1, decode("DealerSecret", b(v["dealerSecret"]))["dealing"])
    if entry["at"] == "deals":
        for dealer in run.members[1:]:
            run.open_deal(dealer, 1, b(v["secrets"][0]["transport"]))


def resharing(entry, v):
    data = b(v["oldKeySet"])
    old = decode("KeySet", data)
    run = Resharing(b(v["resharePlan"]), (old, H("keySetCore", core_of(data, len(old["signatures"])))))
    run.read([b(m) for m in entry["reshareDeals"]])
    return run


def reshare(entry, v):
    run = resharing(entry, v)
    for dealer in run.dealers:
        run.open_deal(dealer, 1, b(v["secrets"][0]["transport"]))


def reshared_key_set(entry, v):
    key_set, data = decode("KeySet", b(entry["keySet"])), b(entry["keySet"])
    resharing(entry, v).verify_key_set(key_set, core_of(data, len(key_set["signatures"])))


def check(v, t, others):
    check_seats(v, t, Ceremony(b(v["plan"])))
    old = decode("KeySet", b(v["oldKeySet"]))
    for data in v["oldSecrets"]:
        t.accepts("old secret", lambda: check_secret(decode("TrusteeSecret", b(data)), old))
    judges = {"ceremony": ceremony, "reshare": reshare, "reshared-key-set": reshared_key_set}
    check_entries(judges, v, t)
