"""The TID, a tagHash in 15 characters with a check digit (SPEC, section 3)."""

from curve import Refused
from hashes import H

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def tid_of(tag_hash):
    number, digits = int.from_bytes(H("tid", tag_hash), "big") % 31**14, []
    for _ in range(14):
        number, digit = divmod(number, 31)
        digits.insert(0, digit)
    last = -sum(i * d for i, d in enumerate(digits, 1)) * pow(15, -1, 31) % 31
    return "".join(ALPHABET[d] for d in (*digits, last))


def read_tid(text):
    """The 15 characters without hyphens. Readers forgive case, white space and hyphens, and nothing else."""
    plain = "".join(c.upper() if c.isascii() else c for c in text if not c.isspace() and c != "-")
    if len(plain) != 15:
        raise Refused("length")
    if any(c not in ALPHABET for c in plain):
        raise Refused("symbol")
    if sum(i * ALPHABET.index(c) for i, c in enumerate(plain, 1)) % 31:
        raise Refused("check")
    return plain
