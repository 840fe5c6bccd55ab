"""Frames, H, HKDF, and hashing to scalars (SPEC, head of the page and section 1)."""

import hashlib
import hmac

from curve import R
from spec import LABELS


def label(name):
    return LABELS[name].encode("ascii")


def u8(n):
    return n.to_bytes(1, "big")


def u16(n):
    return n.to_bytes(2, "big")


def u32(n):
    return n.to_bytes(4, "big")


def u64(n):
    return n.to_bytes(8, "big")


def frame(*parts):
    return b"".join(u32(len(p)) + p for p in (p.encode() if isinstance(p, str) else p for p in parts))


def sha256(data):
    return hashlib.sha256(data).digest()


def H(name, *parts):
    return sha256(label(name) + frame(*parts))


def hmac_sha256(key, data):
    return hmac.digest(key, data, "sha256")


def hkdf_expand(key, info, length):
    out, block, n = b"", b"", 1
    while len(out) < length:
        block = hmac_sha256(key, block + info + bytes([n]))
        out, n = out + block, n + 1
    return out[:length]


def hkdf(ikm, salt, info, length):
    return hkdf_expand(hmac_sha256(salt or bytes(32), ikm), info, length)


def expand_message_xmd(message, dst, length):
    """RFC 9380, section 5.3.1, with SHA-256. All DSTs here have at most 255 bytes."""
    dst_prime = dst + u8(len(dst))
    b0 = sha256(bytes(64) + message + u16(length) + b"\0" + dst_prime)
    blocks = [sha256(b0 + b"\1" + dst_prime)]
    while len(blocks) * 32 < length:
        mixed = bytes(x ^ y for x, y in zip(b0, blocks[-1], strict=True))
        blocks.append(sha256(mixed + u8(len(blocks) + 1) + dst_prime))
    return b"".join(blocks)[:length]


def hash_to_scalar(dst, message):
    return int.from_bytes(expand_message_xmd(message, dst, 48), "big") % R
