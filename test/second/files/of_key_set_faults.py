"""key-set-faults.json: key sets signed anew around one fault; parameters, secrets and plans beside a key set."""

from ceremony import Ceremony
from codec import decode
from faults import check_entries
from hashes import H
from key_set import check_parameters, check_secret, core_of, verify_key_set
from resharing import Resharing
from vectors import b


def pinned(v):
    return [b(key) for key in v["identityKeys"]]


def key_set(entry, v):
    verify_key_set(b(entry["keySet"]), pinned(entry))


def parameters(entry, v):
    check_parameters(decode("Parameters", b(entry["parameters"])), verify_key_set(b(v["keySet"]), pinned(v)))


def secret(entry, v):
    check_secret(decode("TrusteeSecret", b(entry["secret"])), decode("KeySet", b(v["keySet"])))


def plan(entry, v):
    Ceremony(b(entry["plan"]))


def reshare_plan(entry, v):
    old = decode("KeySet", b(v["keySet"]))
    previous = H("keySetCore", core_of(b(v["keySet"]), len(old["signatures"])))
    Resharing(b(entry["plan"]), (old, previous))


JUDGES = {
    "key-set": key_set,
    "parameters": parameters,
    "secret": secret,
    "plan": plan,
    "reshare-plan": reshare_plan,
}


def check(v, t, others):
    check_entries(JUDGES, v, t)
