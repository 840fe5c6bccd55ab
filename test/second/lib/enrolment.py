"""Contract and refresh (SPEC, sections 4 and 5): the relations enrol and refresh."""

from bbs import J1, J2, Q2
from codec import decode
from curve import G, decode_g1, decode_g2
from hash_to_curve import G_HANDLE, H2V
from hashes import frame, u8, u32
from sigma import verify_compact


def handle_rows(cm, r, v):
    """Cm = s·Q2 + k·J1 + z·J2, R = k·Ĝ, V = z·H2v; the witness begins with s, k, z."""
    return [("G1", cm, [(0, Q2, 1), (1, J1, 1), (2, J2, 1)]), ("G1", r, [(1, G_HANDLE, 1)])], [("G2", v, [(2, H2V, 1)])]


def contract_points(contract):
    return decode_g1(contract["Cm"]), decode_g1(contract["R"]), decode_g2(contract["V"])


def verify_contract(issuer, data):
    """A Contract with its own proof. Its nonce and its chain are the registrar's business."""
    contract = decode("Contract", data)
    cm, r, v = contract_points(contract)
    f1, f2 = decode_g1(contract["F1"]), decode_g1(contract["F2"])
    first, second = handle_rows(cm, r, v)
    rows = first + [("G1", f1, [(3, G, 1)]), ("G1", f2, [(2, G, 1), (3, issuer.link_key, 1)])] + second
    tag = frame(
        u32(contract["generation"]),
        contract["salt"],
        contract["previous"] or b"",
        u8(contract["continuation"] is not None),
        contract["identityCommitment"],
        contract["paramsHash"],
        contract["nonce"],
    )
    verify_compact("enrol", tag, rows, 4, contract["proof"])
    return contract


def verify_refresh(params_hash, r, v, data):
    """A RefreshRequest against the R and V of the stored contract."""
    request = decode("RefreshRequest", data)
    first, second = handle_rows(decode_g1(request["Cm"]), r, v)
    tag = frame(request["nonce"], u32(request["epoch"]), request["deviceKey"], params_hash)
    verify_compact("refresh", tag, first + second, 3, request["proof"])
    return request
