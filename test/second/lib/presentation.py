"""The presentation (SPEC, section 6): its statement, its batchable proof, its pairing, and the order of the checks."""

from bbs import J1, J2, Q2
from codec import decode
from curve import P2, G, Refused, decode_g1, decode_g2
from hash_to_curve import G_HANDLE, tag_base
from hashes import H, frame, u8, u32
from pairing import ONE, pairing_product
from sigma import MINUS_ONE, challenge_of, check_statement, commitments, read_scalars, session_id

POINTS_G1 = ("Abar", "Bbar", "D", "C1", "C2", "F2")
# The sizes of the commitments in the proof: the rows Bbar, B, C1, C2, F2 of G1, then T of G2.
COMMITMENTS = (48, 48, 48, 48, 48, 96)
# The witness: e r1 r3 s k z r, then the hidden attributes.
E, R1, R3, S, K, Z, BLIND, HIDDEN = range(8)


def statement_of(issuer, tag_issuer, p, points, base, shown):
    hidden = [i for i in range(len(issuer.attributes)) if i not in dict(shown)]
    left = issuer.messages(p["credentialEpoch"], shown)
    right = [(R3, points["D"], 1), (S, Q2, MINUS_ONE), (K, J1, MINUS_ONE), (Z, J2, MINUS_ONE)]
    right += [(HIDDEN + n, issuer.H[1 + i], MINUS_ONE) for n, i in enumerate(hidden)]
    rows = [
        ("G1", points["Bbar"], [(R1, points["D"], 1), (E, points["Abar"], MINUS_ONE)]),
        ("G1", left, right),
        ("G1", points["C1"], [(BLIND, G, 1)]),
        ("G1", points["C2"], [(K, G_HANDLE, 1), (BLIND, tag_issuer.trace_key, 1)]),
        ("G1", points["F2"], [(Z, G, 1), (BLIND, tag_issuer.link_key, 1)]),
        ("G2", points["T"], [(Z, base, 1)]),
    ]
    return rows, HIDDEN + len(hidden)


def tag_of(issuer, tag_issuer, tag_params_hash, context, p, shown):
    values = frame(*(u8(i) + v.encode() for i, v in shown))
    keys = (issuer.encoded_w, tag_issuer.trace_key.encode(), tag_issuer.link_key.encode())
    head = (context, u32(p["credentialEpoch"]), u32(p["tagEpoch"]), u32(p["slot"]))
    return frame(*head, *keys, issuer.header, tag_params_hash, values)


def check_policy(issuer, p, shown, policy):
    """The checks that need no arithmetic, in the order of the text."""
    if p["tagEpoch"] != policy["epoch"]:
        raise Refused("epoch")
    if not 0 <= p["tagEpoch"] - p["credentialEpoch"] <= policy["maxStaleEpochs"]:
        raise Refused("stale")
    if p["slot"] >= policy["slots"]:
        raise Refused("slot")
    indexes = [i for i, _ in shown]
    if indexes != sorted(set(indexes)) or not all(issuer.listed(i, v) for i, v in shown):
        raise Refused("attribute")


def verify_presentation(issuer, tag_issuer, tag_params_hash, policy, context, data):
    """policy has epoch, slots and maxStaleEpochs. The result has T, the tag hash and the shown attributes."""
    p = decode("Presentation", data)
    shown = [(s["index"], s["value"]) for s in p["shown"]]
    check_policy(issuer, p, shown, policy)
    points = {name: decode_g1(p[name]) for name in POINTS_G1} | {"T": decode_g2(p["T"])}
    base = tag_base(tag_params_hash, p["tagEpoch"], p["slot"])
    rows, scalars = statement_of(issuer, tag_issuer, p, points, base, shown)
    tag = tag_of(issuer, tag_issuer, tag_params_hash, context, p, shown)

    check_statement(rows, scalars)
    given, at = [], 0
    for size in COMMITMENTS:
        given.append(p["proof"][at : at + size])
        at += size
    z = read_scalars(p["proof"][at:], scalars)
    c = challenge_of(session_id("present", tag), rows, given)
    if commitments(rows, c, z) != given:
        raise Refused("proof")
    if pairing_product([(points["Abar"], issuer.W), (-points["Bbar"], P2)]) != ONE:
        raise Refused("pairing")
    return {
        "document": p,
        "T": points["T"],
        "C": (points["C1"], points["C2"], points["F2"]),
        "tagHash": H("tagHash", p["T"]),
        "shown": {issuer.attributes[i][0]: v for i, v in shown},
        "tag": tag,
        "statement": rows,
    }
