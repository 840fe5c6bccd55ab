"""ECDSA on P-256 with SHA-256 (FIPS 186-5): DER signatures, and the officer's COSE_Key (SPEC, section 9)."""

from codec import malformed
from hashes import sha256

Q = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def add(p, q):
    if p is None or q is None:
        return q if p is None else p
    if p[0] == q[0] and (p[1] + q[1]) % Q == 0:
        return None
    if p == q:
        slope = (3 * p[0] * p[0] - 3) * pow(2 * p[1], -1, Q)
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, Q)
    x = (slope * slope - p[0] - q[0]) % Q
    return x, (slope * (p[0] - x) - p[1]) % Q


def times(k, p):
    out = None
    for bit in bin(k)[2:]:
        out = add(out, out)
        if bit == "1":
            out = add(out, p)
    return out


def cose_key(data):
    """a5 01 02 03 26 20 01 21 58 20 x(32) 22 58 20 y(32), and a point of the curve."""
    prefix, between = bytes.fromhex("a5010203262001215820"), bytes.fromhex("225820")
    if len(data) != 77 or data[:10] != prefix or data[42:45] != between:
        raise malformed("COSE_Key")
    x, y = int.from_bytes(data[10:42], "big"), int.from_bytes(data[45:], "big")
    if x >= Q or y >= Q or (y * y - x * x * x + 3 * x - B) % Q != 0:
        raise malformed("not a point of P-256")
    return x, y


def _integer(data):
    """One DER INTEGER that is positive and minimal: (value, rest)."""
    if len(data) < 3 or data[0] != 2 or not 0 < data[1] <= len(data) - 2:
        return None, b""
    body, rest = data[2 : 2 + data[1]], data[2 + data[1] :]
    if body[0] & 0x80 or (len(body) > 1 and body[0] == 0 and not body[1] & 0x80):
        return None, b""
    return int.from_bytes(body, "big"), rest


def verify(key, message, der):
    if len(der) < 2 or der[0] != 0x30 or der[1] != len(der) - 2:
        return False
    r, rest = _integer(der[2:])
    s, rest = _integer(rest)
    if r is None or s is None or rest or not (0 < r < N and 0 < s < N):
        return False
    w = pow(s, -1, N)
    point = add(times(int.from_bytes(sha256(message), "big") * w % N, BASE), times(r * w % N, key))
    return point is not None and point[0] % N == r
