"""G1 and G2 of BLS12-381, and the door for their bytes (SPEC, section 1).

y² = x³ + 4 over Fp, and y² = x³ + 4(u + 1) over Fp2, in Jacobian coordinates. Nothing here is secret, so the time of
each step may depend on its input.
"""

from functools import cache

from field import Fp, Fp2, P
from windows import combine

R = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001


class Refused(Exception):
    """A document or proof that is not accepted, with the reason."""

    def __init__(self, reason, about=""):
        super().__init__(reason if about == "" else f"{reason}: {about}")
        self.reason = reason


class Point:
    __slots__ = ("x", "y", "z")

    def __init__(self, x, y, z):
        self.x, self.y, self.z = x, y, z

    def is_zero(self):
        return self.z.is_zero()

    def double(self):
        x, y, z = self.x, self.y, self.z
        xx, yy = x * x, y * y
        s = (x * yy).times(4)
        m = xx.times(3)
        x3 = m * m - s.times(2)
        return Point(x3, m * (s - x3) - (yy * yy).times(8), (y * z).times(2))

    def __add__(self, o):
        if self.is_zero():
            return o
        if o.is_zero():
            return self
        z1z1, z2z2 = self.z * self.z, o.z * o.z
        u1, u2 = self.x * z2z2, o.x * z1z1
        s1, s2 = self.y * o.z * z2z2, o.y * self.z * z1z1
        h, r = u2 - u1, s2 - s1
        if h.is_zero():
            return self.double() if r.is_zero() else Point(self.x, self.y, h)
        hh = h * h
        hhh, v = h * hh, u1 * hh
        x3 = r * r - hhh - v.times(2)
        return Point(x3, r * (v - x3) - s1 * hhh, self.z * o.z * h)

    def __neg__(self):
        return Point(self.x, -self.y, self.z)

    def __sub__(self, o):
        return self + -o

    def __mul__(self, k):
        return msm([(k, self)])

    def __eq__(self, o):
        if self.is_zero() or o.is_zero():
            return self.is_zero() == o.is_zero()
        z1z1, z2z2 = self.z * self.z, o.z * o.z
        return self.x * z2z2 == o.x * z1z1 and self.y * o.z * z2z2 == o.y * self.z * z1z1

    def affine(self):
        inverse = self.z.inverse()
        square = inverse * inverse
        return self.x * square, self.y * square * inverse

    def encode(self):
        """The compressed form: flags, then x. This verifier never encodes the identity."""
        if self.is_zero():
            raise Refused("encoding", "identity")
        x, y = self.affine()
        larger = y.coordinates() > (-y).coordinates()
        data = b"".join(c.to_bytes(48, "big") for c in x.coordinates())
        return bytes([data[0] | 0x80 | (0x20 if larger else 0)]) + data[1:]


def msm(terms):
    """Σ k·Q for (k, Q). k is not reduced, so that r·Q tests the subgroup."""
    total = combine([(k, q) for k, q in terms if not q.is_zero()], Point.__add__, Point.double)
    return ZERO if total is None else total


ZERO = Point(Fp(1), Fp(1), Fp(0))
B1, B2 = Fp(4), Fp2(4, 4)


@cache
def _decode(data, size):
    if len(data) != size:
        raise Refused("encoding", "length of a point")
    flags = data[0] >> 5
    if flags & 4 == 0:
        raise Refused("encoding", "compression flag")
    if flags & 2:
        raise Refused("encoding", "identity, or its flag")
    plain = bytes([data[0] & 31]) + data[1:]
    numbers = [int.from_bytes(plain[i : i + 48], "big") for i in range(0, size, 48)]
    if any(n >= P for n in numbers):
        raise Refused("encoding", "coordinate")
    x, b, one = (Fp(numbers[0]), B1, Fp(1)) if size == 48 else (Fp2(numbers[1], numbers[0]), B2, Fp2(1, 0))
    y = (x * x * x + b).sqrt()
    if y is None:
        raise Refused("encoding", "not on the curve")
    if (y.coordinates() > (-y).coordinates()) != bool(flags & 1):
        y = -y
    point = Point(x, y, one)
    if not (point * R).is_zero():
        raise Refused("encoding", "not in the subgroup")
    return point


def decode_g1(data):
    return _decode(bytes(data), 48)


def decode_g2(data):
    return _decode(bytes(data), 96)


def decode_scalar(data):
    n = int.from_bytes(data, "big")
    if len(data) != 32 or n >= R:
        raise Refused("encoding", "scalar")
    return n


def scalar_bytes(n):
    return (n % R).to_bytes(32, "big")


G = decode_g1(
    bytes.fromhex("97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb")
)
P2 = decode_g2(
    bytes.fromhex(
        "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e"
        "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8"
    )
)
