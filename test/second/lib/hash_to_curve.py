"""RFC 9380: BLS12381G1_XMD:SHA-256_SSWU_RO_ and BLS12381G2_XMD:SHA-256_SSWU_RO_, and the bases of SPEC, section 1."""

from functools import cache

from curve import Point
from field import Fp, Fp2
from hashes import expand_message_xmd, frame, label, u32
from isogeny import G1_ISOGENY, G2_ISOGENY

A1 = Fp(0x144698A3B8E9433D693A02C96D4982B0EA985383EE66A8D8E8981AEFD881AC98936F8DA0E0F97F5CF428082D584C1D)
B1 = Fp(0x12E2908D11688030018B12E8753EEE3B2016C1F0F24F4070A0B9C14FCEF35EF55A23215A316CEAA5D1CC48E98E172BE0)
A2, B2 = Fp2(0, 240), Fp2(1012, 1012)
G1_COFACTOR = 0xD201000000010001
G2_COFACTOR = int(
    "bc69f08f2ee75b3584c6a0ea91b352888e2a8e9145ad7689986ff031508ffe1329c2f178731db956d82bf015d1212b02ec0"
    "ec69d7477c1ae954cbc06689f6a359894c0adebbf6b4e8020005aaa95551",
    16,
)


def _horner(coefficients, x):
    out = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        out = out * x + c
    return out


def _sswu(u, a, b, z, one, isogeny):
    """Section 6.6.2 on the isogenous curve y² = x³ + a·x + b, then the isogeny."""
    zu2 = z * u * u
    t = zu2 * zu2 + zu2
    x = b * (z * a).inverse() if t.is_zero() else -b * a.inverse() * (one + t.inverse())
    y = (x * x * x + a * x + b).sqrt()
    if y is None:
        x = zu2 * x
        y = (x * x * x + a * x + b).sqrt()
    if u.sgn0() != y.sgn0():
        y = -y
    x_num, x_den, y_num, y_den = (_horner(c, x) for c in isogeny)
    return Point(x_num * x_den.inverse(), y * y_num * y_den.inverse(), one)


def _numbers(message, dst, count):
    data = expand_message_xmd(message, dst, 64 * count)
    return [int.from_bytes(data[64 * i : 64 * i + 64], "big") for i in range(count)]


@cache
def hash_to_g1(message, dst):
    q = [_sswu(Fp(n), A1, B1, Fp(11), Fp(1), G1_ISOGENY) for n in _numbers(message, dst, 2)]
    return (q[0] + q[1]) * G1_COFACTOR


@cache
def hash_to_g2(message, dst):
    n = _numbers(message, dst, 4)
    q = [_sswu(Fp2(n[i], n[i + 1]), A2, B2, Fp2(-2, -1), Fp2(1, 0), G2_ISOGENY) for i in (0, 2)]
    return (q[0] + q[1]) * G2_COFACTOR


G_HANDLE = hash_to_g1(b"handle", label("fixedG1"))
G_TDH2 = hash_to_g1(b"tdh2", label("fixedG1"))
H2V = hash_to_g2(b"handle", label("handleG2"))


def tag_base(params_hash, epoch, slot):
    return hash_to_g2(params_hash + u32(epoch) + u32(slot), label("tagG2"))


def notice_base(case_id):
    return hash_to_g2(case_id, label("noticeG2"))


def continuity_base(realm, service_id):
    return hash_to_g2(frame(realm, service_id), label("continuityG2"))
