"""GT and the pairing of BLS12-381 (SPEC, section 1).

The tower Fp12 = Fp6[w]/(w² − v), Fp6 = Fp2[v]/(v³ − (u + 1)) is the same field as Fp[w]/(w¹² − 2w⁶ + 2), since
w⁶ = u + 1. So an element is a tuple of 12 numbers. Two elements are multiplied as integers, with 96 bytes per number.
"""

from functools import cache, lru_cache

from curve import R, Refused, decode_g2
from field import Fp2, P
from windows import combine

SLOT = 96
ONE = (1,) + (0,) * 11
X = 0xD201000000010000  # the curve's parameter is −X


def _pack(a):
    return int.from_bytes(b"".join(c.to_bytes(SLOT, "little") for c in a), "little")


def _unpack(n):
    data = n.to_bytes(23 * SLOT, "little")
    c = [int.from_bytes(data[i * SLOT : (i + 1) * SLOT], "little") for i in range(23)]
    for i in range(22, 11, -1):
        c[i - 6] += 2 * c[i]
        c[i - 12] -= 2 * c[i]
    return tuple(x % P for x in c[:12])


def mul(a, b):
    return _unpack(_pack(a) * _pack(b))


def square(a):
    n = _pack(a)
    return _unpack(n * n)


def power(a, k):
    return multi_power([(k, a)])


def multi_power(terms):
    """Π a^k for (k, a)."""
    total = combine(terms, mul, square)
    return ONE if total is None else total


def conjugate(a):
    """a^(p⁶): w goes to −w. For an element of order r it is the inverse."""
    return tuple(-c % P if i & 1 else c for i, c in enumerate(a))


def _images():
    """w^(p·i) for i = 0 … 11: the p-th power is linear."""
    wp = power((0, 1) + (0,) * 10, P)
    out = [ONE]
    for _ in range(11):
        out.append(mul(out[-1], wp))
    return out


IMAGES = _images()


def frobenius(a, times=1):
    for _ in range(times):
        a = tuple(sum(c * image[i] for c, image in zip(a, IMAGES, strict=True) if image[i]) % P for i in range(12))
    return a


def inverse(a):
    """1/a = the product of the other conjugates, divided by the norm to Fp2."""
    conj = conjugate(a)
    six = mul(a, conj)  # in Fp6
    others = mul(frobenius(six, 2), frobenius(six, 4))
    norm = mul(six, others)  # in Fp2: x + y·u = (x − y) + y·w⁶
    n = Fp2(norm[0] + norm[6], norm[6]).inverse()
    return mul(mul(conj, others), _embed({0: n}))


def _embed(coefficients):
    """Σ c·w^k for coefficients c in Fp2, each under its k."""
    out = [0] * 12
    for k, c in coefficients.items():
        out[k] = (c.a - c.b) % P
        out[k + 6] = c.b
    return tuple(out)


def _lines(q):
    """The Miller loop's lines for one point of G2: (is a doubling, slope, slope·x − y)."""
    qx, qy = q.affine()
    x, y = qx, qy
    for bit in bin(X)[3:]:
        for doubling in (True, False) if bit == "1" else (True,):
            top, bottom = ((x * x).times(3), y.times(2)) if doubling else (qy - y, qx - x)
            slope = top * bottom.inverse()
            yield doubling, slope, slope * x - y
            x3 = slope * slope - x - (x if doubling else qx)
            x, y = x3, slope * (x - x3) - y


@lru_cache(maxsize=256)
def _prepared(encoded_q):
    return list(_lines(decode_g2(encoded_q)))


def _miller(pairs):
    """Π of the Miller functions of (P, Q), with shared squarings."""
    prepared = []
    for p, q in pairs:
        px, py = p.affine()
        prepared.append((px.n, Fp2(py.n, 0), _prepared(q.encode())))
    f = ONE
    for step in range(len(prepared[0][2])):
        if prepared[0][2][step][0]:
            f = square(f)
        for px, py, lines in prepared:
            _, slope, constant = lines[step]
            f = mul(f, _embed({0: constant, 2: slope.times(-px), 3: py}))
    return conjugate(f)


def _final(f):
    """f^(3(p¹² − 1)/r), by 3(p⁴ − p² + 1)/r = (x − 1)²(x + p)(x² + p² − 1) + 3 with x = −X."""
    f = mul(conjugate(f), inverse(f))
    f = mul(frobenius(f, 2), f)
    minus = lambda a, k: conjugate(power(a, k))  # noqa: E731
    a = minus(minus(f, X + 1), X + 1)
    a = mul(minus(a, X), frobenius(a))
    a = mul(mul(power(power(a, X), X), frobenius(a, 2)), conjugate(a))
    return mul(a, mul(square(f), f))


def pairing_product(pairs):
    """Π e(P, Q) with one final exponentiation."""
    pairs = [(p, q) for p, q in pairs if not p.is_zero() and not q.is_zero()]
    return _final(_miller(pairs)) if pairs else ONE


def pairing(p, q):
    return pairing_product([(p, q)])


# The k of the Fp2 coefficients of w^k, in the order of the encoding: c0 then c1 (then c2) at every level. v = w².
TOWER = (0, 2, 4, 1, 3, 5)


def encode_gt(a):
    out = b""
    for k in TOWER:
        out += ((a[k] + a[k + 6]) % P).to_bytes(48, "big") + a[k + 6].to_bytes(48, "big")
    return out


@cache
def decode_gt(data):
    if len(data) != 576:
        raise Refused("encoding", "length of an element of GT")
    numbers = [int.from_bytes(data[i : i + 48], "big") for i in range(0, 576, 48)]
    if any(n >= P for n in numbers):
        raise Refused("encoding", "coordinate")
    a = [0] * 12
    for i, k in enumerate(TOWER):
        a[k], a[k + 6] = (numbers[2 * i] - numbers[2 * i + 1]) % P, numbers[2 * i + 1]
    a = tuple(a)
    if a == ONE or power(a, R) != ONE:
        raise Refused("encoding", "not in GT")
    return a
