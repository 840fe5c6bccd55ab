"""suite.json: bases, hashes, pairing, one proof taken apart, and points and scalars to refuse."""

from bbs import J1, J2, Q2, attribute_scalar
from curve import P2, G, decode_g1, decode_g2, decode_scalar, scalar_bytes
from hash_to_curve import G_HANDLE, G_TDH2, H2V, continuity_base, notice_base, tag_base
from hashes import hash_to_scalar
from openings import index_value, session_index_value
from pairing import decode_gt, encode_gt, pairing
from sigma import instance, session_id, verify_compact
from spec import LABELS
from vectors import b
from world import World

DECODERS = {"G1": decode_g1, "G2": decode_g2, "GT": decode_gt, "scalar": decode_scalar}


def check(v, t, others):
    world = World.of(others)
    for h in v["hashToScalar"]:
        t.same("hash to scalar", scalar_bytes(hash_to_scalar(h["label"].encode(), b(h["message"]))), h["scalar"])
    bases = v["bases"]
    points = {"G": G, "P2": P2, "Ghat": G_HANDLE, "Gbar": G_TDH2, "H2v": H2V, "Q2": Q2, "J1": J1, "J2": J2}
    for name, point in (points | {"Q1": world.issuer.Q1}).items():
        t.same(name, point.encode(), bases[name])
    t.same("H", [p.encode().hex() for p in world.issuer.H], bases["H"])
    for base in v["tagBases"]:
        t.same("H2(e, j)", tag_base(b(base["paramsHash"]), base["epoch"], base["slot"]).encode(), base["point"])
    t.same("H_n", notice_base(b(v["noticeBase"]["caseId"])).encode(), v["noticeBase"]["point"])
    at = v["continuityBase"]
    t.same("H2c", continuity_base(at["realm"], b(at["serviceId"])).encode(), at["point"])

    e, fixed = pairing(G, P2), v["pairing"]
    t.same("pairing", encode_gt(e), fixed["e(G, P2)"])
    t.same("index value", index_value(e), fixed["indexValue(e(G, P2))"])
    first = decode_g2(b(v["tagBases"][0]["point"]))
    t.same("index value", session_index_value(first), fixed["indexValue(e(G, H2(e, 0)))"])

    c = v["credential"]
    t.same("header", world.issuer.header, c["header"])
    for a in c["attributes"]:
        for s in a["scalars"]:
            t.same("attribute", scalar_bytes(attribute_scalar(a["name"], s["value"])), s["scalar"])
    t.same(
        "B's public part",
        world.issuer.message_base(others("credential")["epoch"]).encode(),
        c["P1 + domain·Q1 + epoch·H1"],
    )

    proof = v["proof"]
    witness = decode_scalar(b(proof["witness"]))
    rows = [("G1", base * witness, [(0, base, 1)]) for base in (G, G_HANDLE)]
    name = {text: name for name, text in LABELS.items()}[proof["label"]]
    t.same("session", session_id(name, b(proof["tag"])), proof["sessionId"])
    t.same("instance", instance(rows), proof["instance"])
    t.accepts("proof", lambda: verify_compact(name, b(proof["tag"]), rows, 1, b(proof["proof"])))

    for entry in v["refused"]:
        t.refuses(entry, lambda: DECODERS[entry["kind"]](b(entry["bytes"])))
