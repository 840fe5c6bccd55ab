"""credential.json: parameters, contract, refresh, credential."""

from bbs import commitment, receive, sign
from codec import decode
from curve import P2, decode_g1, decode_g2, decode_scalar, scalar_bytes
from enrolment import verify_contract, verify_refresh
from hash_to_curve import G_HANDLE, H2V
from hashes import H
from vectors import b, changed
from world import World


def check(v, t, others):
    world = World.of(others)
    issuer = world.issuer
    t.same("p_e", H("paramsHash", b(v["parameters"])), v["paramsHash"])
    x = decode_scalar(b(v["issuerSecret"]))
    t.same("W", (P2 * x).encode(), issuer.encoded_w.hex())
    s, k, z = (decode_scalar(b(v["secrets"][name])) for name in "skz")
    r, h2 = G_HANDLE * k, H2V * z
    t.same("R", r.encode(), v["handles"]["R"])
    t.same("V", h2.encode(), v["handles"]["V"])

    identity = v["identity"]
    record = t.accepts("identity record", lambda: decode("IdentityRecord", b(identity["record"])))
    t.same("selector", record["selector"], record["selector"].upper())
    t.same("commitment", H("identity", b(identity["salt"]), b(identity["record"])), identity["commitment"])

    contract = t.accepts("contract", lambda: verify_contract(issuer, b(v["contract"])))
    t.same("contract's R", contract["R"], v["handles"]["R"])
    t.same("contract's V", contract["V"], v["handles"]["V"])
    t.same("contract's p_e", contract["paramsHash"], v["paramsHash"])
    t.same("contract's identity", contract["identityCommitment"], identity["commitment"])
    t.same("contract hash", H("contract", b(v["contract"])), v["contractHash"])
    for entry in v["refusedContracts"]:
        t.refuses(entry, lambda: verify_contract(issuer, changed(v["contract"], entry.get("contract"))))

    def refresh(entry):
        r, h2 = (b(entry.get(name, v["handles"][name])) for name in "RV")
        params_hash = b(entry.get("paramsHash", v["paramsHash"]))
        return verify_refresh(params_hash, decode_g1(r), decode_g2(h2), changed(v["refresh"], entry.get("refresh")))

    request = t.accepts("refresh", lambda: refresh({}))
    t.same("Cm", commitment(s, k, z).encode(), request["Cm"].hex())
    for entry in v["refusedRefreshes"]:
        t.refuses(entry, lambda: refresh(entry))

    def received(entry):
        data = changed(v["issued"], entry.get("issued"))
        receive(issuer, decode("IssuedCredential", data), entry.get("epoch", v["epoch"]), (s, k, z))

    t.accepts("issued credential", lambda: received({}))
    issued = decode("IssuedCredential", b(v["issued"]))
    B = issuer.messages(v["epoch"], list(enumerate(issued["values"]))) + commitment(s, k, z)
    A, e = sign(issuer, x, B)
    t.same("A", A.encode(), issued["A"].hex())
    t.same("e", scalar_bytes(e), issued["e"].hex())
    stored = t.accepts("credential", lambda: decode("Credential", b(v["credential"])))
    t.same("credential", stored, issued | {"s": scalar_bytes(s)})
    for entry in v["refusedCredentials"]:
        t.refuses(entry, lambda: received(entry))
