"""ceremony.json: 2 of 3 from plan to key set, aborted boards, key sets to refuse, and a resharing."""

import ed25519
from ceremony import Ceremony, expected_core, key_set_of
from codec import decode
from hashes import H
from key_set import check_secret, core_of, key_set_id, verify_key_set
from resharing import Resharing
from vectors import b, changed
from xwing import public_key

ROUNDS = ("commits", "openings", "deals")


def board(v):
    return {name: [b(m) for m in v[name]] for name in ROUNDS}


def check_seats(v, t, run):
    """The trustees' own secrets have the keys of the plan."""
    t.same("identity keys", [ed25519.public_key(b(s["identity"])) for s in v["secrets"]], run.keys)
    t.same("transport keys", [public_key(b(s["transport"])) for s in v["secrets"]], run.transport)


def check_run(v, t, run):
    check_seats(v, t, run)
    transport = {j: b(s["transport"]) for j, s in enumerate(v["secrets"], 1)}
    t.accepts("board", lambda: run.read(board(v)))
    deals = {}
    for i in run.members:
        for j in set(run.members) - {i}:
            deals[i, j] = t.accepts(f"deal {i} to {j}", lambda: run.open_deal(i, j, transport[j]))
    seed = run.group_seed({i: deals[i, i % len(run.members) + 1]["seed"] for i in run.members})
    finished = t.accepts("acceptances", lambda: key_set_of(run.context, run.keys, [b(a) for a in v["acceptances"]]))
    core = {name: finished[name] for name in finished if name != "signatures"}
    t.same("core", core, expected_core(run, run.views[len(ROUNDS)], seed))
    t.same("key set", finished, decode("KeySet", b(v["keySet"])))
    return seed


def check_secrets(v, t, key_set, seed):
    for j, data in enumerate(v["trusteeSecrets"], 1):
        secret = t.accepts("secret", lambda: decode("TrusteeSecret", b(data)))
        t.accepts("secret", lambda: check_secret(secret, key_set))
        t.same("index", secret["index"], j)
        t.same("group secret", secret["groupHybridSecret"], seed.hex())


def check_fault(v, t, fault):
    """Trustee 1 reads the board up to the round in which one message is changed: trustee 2's, if none is named."""
    rounds = board(v)
    last = fault["at"]
    messages, i = rounds[last], fault.get("index", 1)
    if fault.get("dropped"):
        del messages[i]
    if fault.get("replaced"):
        messages[i] = changed(messages[i], fault["replaced"])
    if fault.get("added"):
        messages.append(changed(messages[i], fault["added"]))

    def read():
        run = Ceremony(b(v["plan"]))
        run.read({name: rounds[name] for name in ROUNDS[: ROUNDS.index(last) + 1]})
        if last == "deals":
            for dealer in run.members[1:]:
                run.open_deal(dealer, 1, b(v["secrets"][0]["transport"]))

    abort = t.refuses(fault, read, fault.get("reason", fault["class"]))
    t.same(f"{fault['class']}: named", getattr(abort, "trustee", None), fault.get("trustee"))


def check_reshare(v, t, key_set):
    reshare = v["reshare"]
    previous = H("keySetCore", core_of(b(v["keySet"]), len(key_set["signatures"])))
    t.same("previous", previous, reshare["previous"])
    run = t.accepts("plan", lambda: Resharing(b(reshare["plan"]), (key_set, previous)))
    t.accepts("deals", lambda: run.read([b(d) for d in reshare["deals"]]))
    for i in run.dealers:
        for j in run.members:
            t.accepts(f"deal {i} to {j}", lambda: run.open_deal(i, j, b(v["secrets"][j - 1]["transport"])))
    core = t.accepts("core", lambda: decode("KeySetCore", b(reshare["core"])))
    signed = core | {"signatures": [b(s) for s in reshare["signatures"]]}
    t.accepts("new key set", lambda: run.verify_key_set(signed, b(reshare["core"])))
    t.same("key-set id", key_set_id(core), reshare["keySetId"])
    t.same("key-set id", v["keySetId"], reshare["keySetId"])


def check(v, t, others):
    run = Ceremony(b(v["plan"]))
    t.same("context", run.context, v["context"])
    seed = check_run(v, t, run)
    key_set = t.accepts("key set", lambda: verify_key_set(b(v["keySet"]), run.keys))
    t.same("key-set id", key_set_id(key_set), v["keySetId"])
    t.same("keys", {name: key.hex() for name, key in key_set["keys"].items()}, v["keys"])
    check_secrets(v, t, key_set, seed)
    for fault in v["faults"]:
        check_fault(v, t, fault)
    for entry in v["refusedKeySets"]:
        keys = [b(k) for k in entry.get("identityKeys", [])] or run.keys
        data = changed(v["keySet"], entry.get("keySet"))
        t.refuses(entry, lambda: verify_key_set(data, keys), entry.get("reason", entry["class"]))
    check_reshare(v, t, key_set)
