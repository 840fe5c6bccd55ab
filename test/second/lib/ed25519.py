"""Ed25519 verification of RFC 8032, section 5.1.7, without the cofactor: R = encode(s·B − k·A).

Keys and R of small order are refused (SPEC, section 1).
"""

import hashlib
from functools import cache

Q = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, Q) % Q
I = pow(2, (Q - 1) // 4, Q)  # noqa: E741
ZERO = (0, 1, 1, 0)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * D * p[3] * q[3], 2 * p[2] * q[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % Q, g * h % Q, f * g % Q, e * h % Q)


def times(k, p):
    out = ZERO
    while k:
        if k & 1:
            out = add(out, p)
        p, k = add(p, p), k >> 1
    return out


def equal(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % Q == 0 and (p[1] * q[2] - q[1] * p[2]) % Q == 0


@cache
def decompress(data):
    """A point, or None: also for y ≥ q and for x = 0 with the sign bit (section 5.1.3)."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= Q:
        return None
    u, v = (y * y - 1) % Q, (D * y * y + 1) % Q
    x = u * pow(v, 3, Q) * pow(u * pow(v, 7, Q), (Q - 5) // 8, Q) % Q
    if v * x * x % Q == -u % Q:
        x = x * I % Q
    if v * x * x % Q != u or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = Q - x
    return (x, y, 1, x * y % Q)


def compress(p):
    z = pow(p[2], -1, Q)
    return (p[1] * z % Q | (p[0] * z % Q & 1) << 255).to_bytes(32, "little")


BASE = decompress((4 * pow(5, -1, Q) % Q).to_bytes(32, "little"))


def sha512_number(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


def public_key(seed):
    h = hashlib.sha512(seed).digest()
    return compress(times(int.from_bytes(h[:32], "little") & ~7 & ~(1 << 255) | 1 << 254, BASE))


@cache
def verify(key, message, signature):
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r = decompress(key), decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L or any(equal(times(8, point), ZERO) for point in (a, r)):
        return False
    k = sha512_number(signature[:32], key, message) % L
    return equal(times(s, BASE), add(r, times(k, a)))
