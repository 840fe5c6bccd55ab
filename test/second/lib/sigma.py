"""Proofs of linear relations over G1, G2 and GT (SPEC, section 4): SHAKE128 as a duplex sponge, compact proofs.

A statement is a list of equations (group, image, terms), group by group. A term is (scalar number, base, coefficient).
"""

import hashlib

import curve
import pairing
from curve import R, Refused, decode_scalar, msm, scalar_bytes
from hashes import frame, label

PADDING = bytes(136)
SUITE = b"CMPT-with-sigma-proofs_Shake128_BLS12381-multigroup."
GROUPS = ("G1", "G2", "GT")
MINUS_ONE = R - 1


class GT:
    """GT written additively, so that one code serves all groups."""

    generator = pairing.encode_gt(pairing.pairing(curve.G, curve.P2))

    encode = staticmethod(pairing.encode_gt)
    sum = staticmethod(pairing.multi_power)

    @staticmethod
    def is_zero(a):
        return a == pairing.ONE


class Curve:
    def __init__(self, generator):
        self.generator = generator

    encode = staticmethod(curve.Point.encode)
    sum = staticmethod(msm)
    is_zero = staticmethod(curve.Point.is_zero)


GROUP = {"G1": Curve(curve.G.encode()), "G2": Curve(curve.P2.encode()), "GT": GT}


def u32le(n):
    return n.to_bytes(4, "little")


def session_id(proof_label, tag):
    data = label(proof_label) + SUITE + frame(tag)
    return hashlib.shake_128(b"irtf-cfrg-fiat-shamir/session-id" + PADDING + data).digest(32)


def instance(statement):
    """The description of all equations and elements, as the hash absorbs it."""
    out = b""
    for name in GROUPS:
        group = GROUP[name]
        rows = [(image, terms) for g, image, terms in statement if g == name]
        index = {group.generator: 0}
        part = u32le(len(rows))

        def number(element, group=group, index=index):
            return u32le(index.setdefault(group.encode(element), len(index)))

        for image, terms in rows:
            part += u32le(1) + number(image) + scalar_bytes(1) + u32le(len(terms))
            for scalar, base, coefficient in terms:
                part += u32le(scalar) + number(base) + scalar_bytes(coefficient)
        out += name.encode() + part + b"".join(list(index)[1:])
    return out


def check_statement(statement, scalars):
    """Refuses an identity among images and bases, and a scalar that no equation binds."""
    for name, image, terms in statement:
        if any(GROUP[name].is_zero(e) for e in (image, *(base for _, base, _ in terms))):
            raise Refused("proof", "identity")
    if {scalar for _, _, terms in statement for scalar, _, _ in terms} != set(range(scalars)):
        raise Refused("proof", "a scalar that no equation binds")


def challenge_of(session, statement, commitments):
    """LE integer mod r of the sponge's first 48 bytes."""
    absorbed = session + PADDING + instance(statement) + b"".join(commitments)
    return int.from_bytes(hashlib.shake_128(absorbed).digest(48), "little") % R


def commitments(statement, c, z):
    """K = Σ coefficient·z·base − c·image of each equation, encoded: G1, then G2, then GT."""
    out = []
    for name, image, terms in sorted(statement, key=lambda row: GROUPS.index(row[0])):
        k = GROUP[name].sum([(f * z[i] % R, base) for i, base, f in terms] + [(-c % R, image)])
        if GROUP[name].is_zero(k):
            raise Refused("proof", "identity among the commitments")
        out.append(GROUP[name].encode(k))
    return out


def read_scalars(data, count):
    """`count` canonical scalars of 32 bytes, and nothing else."""
    if len(data) != 32 * count:
        raise Refused("encoding", "number of scalars")
    return [decode_scalar(data[i : i + 32]) for i in range(0, len(data), 32)]


def verify_compact(proof_label, tag, statement, scalars, proof):
    """A proof c ‖ z_1 ‖ … ‖ z_n."""
    check_statement(statement, scalars)
    c, *z = read_scalars(proof, scalars + 1)
    if challenge_of(session_id(proof_label, tag), statement, commitments(statement, c, z)) != c:
        raise Refused("proof")
