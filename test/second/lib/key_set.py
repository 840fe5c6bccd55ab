"""Key sets: what a reader checks who knows the identity keys from another source (SPEC, section 10)."""

import ed25519
from codec import decode
from curve import R, Refused, decode_g1, msm
from hashes import H, label

KEYS = ("trace", "link", "record")
MAX_TRUSTEES = 16


def check_threshold(n, t):
    if not 2 <= n <= MAX_TRUSTEES:
        raise Refused("holders")
    if not n / 2 < t <= n:
        raise Refused("threshold")


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


def verify_key_set(data, identity_keys):
    key_set = decode("KeySet", data)
    if key_set["identityKeys"] != identity_keys:
        raise Refused("identity-keys")
    check_threshold(len(identity_keys), key_set["threshold"])
    if len(key_set["shareKeys"]) != len(identity_keys):
        raise Refused("share-keys", "number")
    check_share_keys(key_set)
    signatures = key_set["signatures"]
    check_signatures(core_of(data, len(signatures)), identity_keys, signatures)
    return key_set
