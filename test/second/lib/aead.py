"""ChaCha20-Poly1305 (RFC 8439) and XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha), decryption and encryption."""

import hmac
import struct

from curve import Refused

MASK = 0xFFFFFFFF


def _quarter(s, a, b, c, d):
    for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = (s[x] + s[y]) & MASK
        mixed = s[z] ^ s[x]
        s[z] = (mixed << turn | mixed >> (32 - turn)) & MASK


def _rounds(key, tail):
    state = list(struct.unpack("<4I8I4I", b"expand 32-byte k" + key + tail))
    s = list(state)
    for _ in range(10):
        for i in range(4):
            _quarter(s, i, i + 4, i + 8, i + 12)
        for i in range(4):
            _quarter(s, i, (i + 1) % 4 + 4, (i + 2) % 4 + 8, (i + 3) % 4 + 12)
    return state, s


def _keystream(key, nonce, counter, length):
    out = b""
    while len(out) < length:
        state, s = _rounds(key, struct.pack("<I", counter) + nonce)
        out += struct.pack("<16I", *((a + b) & MASK for a, b in zip(state, s, strict=True)))
        counter += 1
    return out[:length]


def _xor(a, b):
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).to_bytes(len(a), "big")


def _tag(key, nonce, aad, ciphertext):
    one_time = _keystream(key, nonce, 0, 32)
    r = int.from_bytes(one_time[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    padded = b"".join(part + bytes(-len(part) % 16) for part in (aad, ciphertext))
    data = padded + struct.pack("<QQ", len(aad), len(ciphertext))
    total = 0
    for i in range(0, len(data), 16):
        total = (total + int.from_bytes(data[i : i + 16] + b"\1", "little")) * r % (2**130 - 5)
    return ((total + int.from_bytes(one_time[16:], "little")) % 2**128).to_bytes(16, "little")


def seal(key, nonce, aad, plaintext):
    ciphertext = _xor(plaintext, _keystream(key, nonce, 1, len(plaintext)))
    return ciphertext + _tag(key, nonce, aad, ciphertext)


def open_sealed(key, nonce, aad, sealed):
    ciphertext, tag = sealed[:-16], sealed[-16:]
    if len(sealed) < 16 or not hmac.compare_digest(tag, _tag(key, nonce, aad, ciphertext)):
        raise Refused("does-not-open")
    return _xor(ciphertext, _keystream(key, nonce, 1, len(ciphertext)))


def open_xchacha(key, nonce, aad, sealed):
    _, s = _rounds(key, nonce[:16])  # HChaCha20: the state without the addition
    return open_sealed(struct.pack("<8I", *s[:4], *s[12:]), bytes(4) + nonce[16:], aad, sealed)


ZERO_NONCE = bytes(12)
