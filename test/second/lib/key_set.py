"""Key sets: what a reader checks who knows the identity keys from another source (SPEC, section 10)."""

import ed25519
from codec import decode
from curve import G, R, Refused, decode_g1, msm
from hashes import H, label
from xwing import public_key

KEYS = ("trace", "link", "record")
MAX_TRUSTEES = 16


def check_threshold(n, t):
    if not 2 <= n <= MAX_TRUSTEES:
        raise Refused("holders")
    if not n / 2 < t <= n:
        raise Refused("threshold")


def check_committee(plan):
    """The size, the threshold, and keys of each trustee's own. The keys of the plan's trustees, in their order."""
    trustees = plan["trustees"]
    check_threshold(len(trustees), plan["threshold"])
    for name in ("identityKey", "transportKey"):
        if len({trustee[name] for trustee in trustees}) != len(trustees):
            raise Refused("range", "one key twice")
    return [trustee["identityKey"] for trustee in trustees]


def key_set_id(key_set):
    return H("keySet", *(key_set["keys"][name] for name in KEYS), key_set["groupHybridKey"])


def lagrange_at(x, i, members):
    out = 1
    for j in members:
        if j != i:
            out = out * (x - j) * pow(i - j, -1, R) % R
    return out


def interpolates(key, points, t):
    """The points are the values at 1 … n of one polynomial of degree t − 1, whose value at 0 is the key."""
    first = range(1, t + 1)
    for x, expected in ((0, key), *enumerate(points[t:], t + 1)):
        if msm([(lagrange_at(x, i, first), points[i - 1]) for i in first]) != expected:
            return False
    return True


def check_share_keys(key_set):
    for name in KEYS:
        points = [decode_g1(s[name]) for s in key_set["shareKeys"]]
        if not interpolates(decode_g1(key_set["keys"][name]), points, key_set["threshold"]):
            raise Refused("share-keys", name)


def core_of(data, signatures):
    """The KeySetCore inside a KeySet: its own type and version, and the same fields up to the signatures."""
    return b"\x50\x01" + data[2 : len(data) - 2 - 64 * signatures]


def check_signatures(core, identity_keys, signatures):
    message = label("signKeySet") + core
    if len(signatures) != len(identity_keys):
        raise Refused("signature", "number")
    for key, signature in zip(identity_keys, signatures, strict=True):
        if not ed25519.verify(key, message, signature):
            raise Refused("signature")


def check_parameters(parameters, key_set):
    """The registrar's parameters name only keys and numbers of this key set."""
    named = {"keySetId": key_set_id(key_set), "trusteeKeys": key_set["identityKeys"]}
    named |= {f"{name}Key": key_set["keys"][name] for name in KEYS}
    named |= {name: key_set[name] for name in ("groupHybridKey", "threshold")}
    in_range = parameters["threshold"] <= parameters["assembleThreshold"] <= len(key_set["identityKeys"])
    if not in_range or any(parameters[name] != value for name, value in named.items()):
        raise Refused("other-key-set")


def check_secret(secret, key_set):
    """A trustee's secret belongs to this key set: y_i·G = Y_i, and the hybrid secret is that of the group's key."""
    if secret["keySetId"] != key_set_id(key_set):
        raise Refused("other-key-set")
    if secret["generation"] != key_set["generation"]:
        raise Refused("other-generation")
    i, share_keys = secret["index"], key_set["shareKeys"]
    points = {name: G * int.from_bytes(secret["shares"][name], "big") for name in KEYS}
    if not 0 < i <= len(share_keys) or any(points[n] != decode_g1(share_keys[i - 1][n]) for n in KEYS):
        raise Refused("wrong-secret")
    if public_key(secret["groupHybridSecret"]) != key_set["groupHybridKey"]:
        raise Refused("wrong-secret", "hybrid secret")


def check_key_set(key_set, core, identity_keys):
    if key_set["identityKeys"] != identity_keys:
        raise Refused("identity-keys")
    check_threshold(len(identity_keys), key_set["threshold"])
    if len(key_set["shareKeys"]) != len(identity_keys):
        raise Refused("share-keys", "number")
    check_share_keys(key_set)
    check_signatures(core, identity_keys, key_set["signatures"])


def verify_key_set(data, identity_keys):
    key_set = decode("KeySet", data)
    check_key_set(key_set, core_of(data, len(key_set["signatures"])), identity_keys)
    return key_set
