"""Shares of an opening (SPEC, section 9): link and notice in GT, trace and record in G1, and how a set S combines them.

A verifier of shares knows `at`: ctx, the set S, the index and the share key Y_i, and the bases of the case.
"""

import hashlib

from codec import decode
from curve import G, R, Refused, decode_g1, msm
from hashes import H, label
from pairing import conjugate, decode_gt, encode_gt, mul, multi_power, pairing
from sigma import verify_compact


def lagrange(i, members):
    """The coefficient of member i at 0."""
    out = 1
    for j in members:
        if j != i:
            out = out * j * pow(j - i, -1, R) % R
    return out


def check_set(members):
    """S: trustees from 1 on, ascending, none twice."""
    if members != sorted(set(members)) or not members or members[0] < 1:
        raise Refused("set")


def combine_points(members, shares, field):
    """Σ λ_i·(the point of member i), from exactly one decoded share of each member, in any order."""
    check_set(members)
    points = {share["index"]: decode_g1(share[field]) for share in shares}
    if sorted(points) != members or len(shares) != len(members):
        raise Refused("set", "shares of others, or not one of each")
    return msm([(lagrange(i, members), points[i]) for i in members])


def case_context(data):
    return decode("CaseContext", data), H("caseContext", data)


def coefficients(seed, count):
    """ρ_s: 16 bytes each, little-endian, of SHAKE128(seed ‖ 0^136)."""
    stream = hashlib.shake_128(seed + bytes(136)).digest(16 * count)
    return [int.from_bytes(stream[i : i + 16], "little") for i in range(0, len(stream), 16)]


def verify_partials(kind, at, bases, values, proof):
    """The one check of link and notice shares: d_s = e(Z_i, H_s) for all bases H_s at once."""
    if len(values) != len(bases):
        raise Refused("share", "number of values")
    check_set(at["set"])
    if at["index"] not in at["set"]:
        raise Refused("set", "no member")
    lifted = at["shareKey"] * lagrange(at["index"], at["set"])
    f1, f2 = at["F1"], at["F2"]
    parts = [lifted.encode(), f1.encode(), f2.encode(), b"".join(b.encode() for b in bases), b"".join(values)]
    seed = H("batchCoefficients", label(kind), at["ctx"], *parts)
    rho = coefficients(seed, len(bases))
    star = msm(list(zip(rho, bases, strict=True)))
    delta = conjugate(multi_power([(k, decode_gt(v)) for k, v in zip(rho, values, strict=True)]))
    if at["index"] == min(at["set"]):
        delta = mul(pairing(f2, star), delta)
    rows = [("G1", lifted, [(0, G, 1)]), ("GT", delta, [(0, pairing(f1, star), 1)])]
    _verify(kind, seed, rows, proof)


def _verify(kind, tag, rows, proof):
    try:
        verify_compact(kind, tag, rows, 1, proof)
    except Refused as refused:
        raise Refused("share", str(refused)) from None


def _own_index(at, share):
    if share["index"] != at["index"]:
        raise Refused("share", "another index")
    return share


def verify_link_share(at, bases, data):
    share = _own_index(at, decode("LinkShare", data))
    verify_partials("linkShare", at, bases, share["values"], share["proof"])
    return share


def verify_notice_share(at, base, data):
    share = _own_index(at, decode("NoticeShare", data))
    verify_partials("noticeShare", at, [base], [share["value"]], share["proof"])
    return share


def verify_point_share(kind, at, name, field, base, data):
    """Trace and record: Y_i = y·G and D = y·B."""
    share = _own_index(at, decode(name, data))
    rows = [("G1", at["shareKey"], [(0, G, 1)]), ("G1", decode_g1(share[field]), [(0, base, 1)])]
    _verify(kind, at["ctx"], rows, share["proof"])
    return share


def verify_trace_share(at, c1, data):
    return verify_point_share("traceShare", at, "TraceShare", "D", c1, data)


def verify_record_share(at, u, data):
    return verify_point_share("recordShare", at, "RecordShare", "point", u, data)


def combine_partials(values):
    """τ = Π d of one base, or κ of a notice."""
    return multi_power([(1, decode_gt(v)) for v in values])


def index_value(element):
    return H("indexValue", encode_gt(element))


def session_index_value(T):
    return index_value(pairing(G, T))
