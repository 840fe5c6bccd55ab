"""ML-KEM-768 (FIPS 203): key generation from a seed, decapsulation, and the check of a public key."""

import hashlib
from functools import cache

Q, K, DU, DV = 3329, 3, 10, 4


def _reverse7(i):
    return int(f"{i:07b}"[::-1], 2)


ZETAS = [pow(17, _reverse7(i), Q) for i in range(128)]
GAMMAS = [pow(17, 2 * _reverse7(i) + 1, Q) for i in range(128)]


def ntt(f):
    f, i, length = list(f), 1, 128
    while length >= 2:
        for start in range(0, 256, 2 * length):
            zeta, i = ZETAS[i], i + 1
            for j in range(start, start + length):
                t = zeta * f[j + length] % Q
                f[j + length], f[j] = (f[j] - t) % Q, (f[j] + t) % Q
        length //= 2
    return f


def inverse_ntt(f):
    f, i, length = list(f), 127, 2
    while length <= 128:
        for start in range(0, 256, 2 * length):
            zeta, i = ZETAS[i], i - 1
            for j in range(start, start + length):
                t = f[j]
                f[j], f[j + length] = (t + f[j + length]) % Q, zeta * (f[j + length] - t) % Q
        length *= 2
    return [x * 3303 % Q for x in f]  # 1/128


def dot(left, right):
    """Σ of the products of two vectors of polynomials in NTT form."""
    out = [0] * 256
    for f, g in zip(left, right, strict=True):
        for i in range(128):
            a, b, c, d = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
            out[2 * i] += a * c + b * d * GAMMAS[i]
            out[2 * i + 1] += a * d + b * c
    return [x % Q for x in out]


def plus(f, g):
    return [(a + b) % Q for a, b in zip(f, g, strict=True)]


def encode(f, d):
    return sum(x << d * i for i, x in enumerate(f)).to_bytes(32 * d, "little")


def decode(data, d):
    n = int.from_bytes(data, "little")
    return [n >> d * i & ((1 << d) - 1) for i in range(256)]


def compress(f, d):
    return [((x << d) + Q // 2) // Q % (1 << d) for x in f]


def decompress(f, d):
    return [(x * Q + (1 << (d - 1))) >> d for x in f]


def vectors(data, size):
    return [data[i : i + size] for i in range(0, len(data), size)]


def sample_uniform(seed):
    data, out, i = hashlib.shake_128(seed).digest(1024), [], 0
    while len(out) < 256:
        a, b, c = data[i : i + 3]
        out += [d for d in (a + 256 * (b & 15), (b >> 4) + 16 * c) if d < Q]
        i += 3
    return out[:256]


def sample_noise(seed, n):
    bits = int.from_bytes(hashlib.shake_256(seed + bytes([n])).digest(128), "little")
    digits = [bits >> 4 * i & 15 for i in range(256)]
    return [((x & 1) + (x >> 1 & 1) - (x >> 2 & 1) - (x >> 3)) % Q for x in digits]


@cache
def matrix(rho):
    return [[sample_uniform(rho + bytes([j, i])) for j in range(K)] for i in range(K)]


def encrypt(public, message, coins):
    t = [decode(part, 12) for part in vectors(public[:-32], 384)]
    a = matrix(public[-32:])
    y = [ntt(sample_noise(coins, i)) for i in range(K)]
    u = [plus(inverse_ntt(dot([a[j][i] for j in range(K)], y)), sample_noise(coins, K + i)) for i in range(K)]
    v = plus(plus(inverse_ntt(dot(t, y)), sample_noise(coins, 2 * K)), decompress(decode(message, 1), 1))
    return b"".join(encode(compress(f, DU), DU) for f in u) + encode(compress(v, DV), DV)


@cache
def key_pair(d, z):
    """(public key, secret vector, z) of KeyGen_internal(d, z)."""
    g = hashlib.sha3_512(d + bytes([K])).digest()
    rho, sigma = g[:32], g[32:]
    s = [ntt(sample_noise(sigma, i)) for i in range(K)]
    e = [ntt(sample_noise(sigma, K + i)) for i in range(K)]
    t = [plus(dot(row, s), e[i]) for i, row in enumerate(matrix(rho))]
    return b"".join(encode(f, 12) for f in t) + rho, s, z


def decapsulate(pair, ciphertext):
    public, s, z = pair
    u = [decompress(decode(part, DU), DU) for part in vectors(ciphertext[: 320 * K], 320)]
    v = decompress(decode(ciphertext[320 * K :], DV), DV)
    w = plus(v, [-x for x in inverse_ntt(dot(s, [ntt(f) for f in u]))])
    message = encode(compress(w, 1), 1)
    g = hashlib.sha3_512(message + hashlib.sha3_256(public).digest()).digest()
    if encrypt(public, message, g[32:]) == ciphertext:
        return g[:32]
    return hashlib.shake_256(z + ciphertext).digest(32)  # implicit rejection


def is_reduced(public):
    """The modulus check of FIPS 203, section 7.2."""
    return all(x < Q for part in vectors(public[: 384 * K], 384) for x in decode(part, 12))
