"""X-Wing (draft-connolly-cfrg-xwing-kem-10) with X25519 (RFC 7748), and hybridSeal (SPEC, section 8)."""

import hashlib

from aead import ZERO_NONCE, open_sealed
from curve import Refused
from hashes import frame, hkdf, label
from mlkem import decapsulate, is_reduced, key_pair

Q = 2**255 - 19
PUBLIC_KEY_BYTES, CIPHERTEXT_BYTES = 1216, 1120


def x25519(scalar, u):
    k = int.from_bytes(scalar, "little") & ~7 & ~(1 << 255) | 1 << 254
    x1 = int.from_bytes(u, "little") & (1 << 255) - 1
    x2, z2, x3, z3 = 1, 0, x1, 1
    for bit in bin(k)[2:]:
        if bit == "1":
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % Q, b * b % Q, d * a % Q, c * b % Q
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % Q, x1 * (da - cb) ** 2 % Q
        x2, z2 = aa * bb % Q, e * (aa + 121665 * e) % Q
        if bit == "1":
            x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, -1, Q) % Q if z2 else 0).to_bytes(32, "little")


def _expand(seed):
    expanded = hashlib.shake_256(seed).digest(96)
    x = expanded[64:]
    return key_pair(expanded[:32], expanded[32:64]), x, x25519(x, (9).to_bytes(32, "little"))


def public_key(seed):
    pair, _, x_public = _expand(seed)
    return pair[0] + x_public


def decapsulate_xwing(seed, ciphertext):
    pair, x, x_public = _expand(seed)
    kem, x_cipher = ciphertext[:1088], ciphertext[1088:]
    secrets = decapsulate(pair, kem) + x25519(x, x_cipher)
    return hashlib.sha3_256(secrets + x_cipher + x_public + rb"\.//^" + b"\\").digest()


def hybrid_open(seed, aad, sealed):
    """u8 1 ‖ X-Wing ciphertext ‖ ChaCha20-Poly1305 under a key of that ciphertext and the receiver's key."""
    if len(sealed) < 1 + CIPHERTEXT_BYTES + 16 or sealed[0] != 1:
        raise Refused("seal", "version or length")
    ciphertext, body = sealed[1 : 1 + CIPHERTEXT_BYTES], sealed[1 + CIPHERTEXT_BYTES :]
    salt = label("hybridSeal")
    secret = decapsulate_xwing(seed, ciphertext)
    key = hkdf(secret, salt, frame(ciphertext, public_key(seed)), 32)
    try:
        return open_sealed(key, ZERO_NONCE, frame(salt, aad), body)
    except Refused:
        raise Refused("seal") from None


def check_receiver(public):
    """Nobody seals to a key of another length, to an ML-KEM key that is not reduced, or to a point of small order."""
    if len(public) != PUBLIC_KEY_BYTES or not is_reduced(public[:-32]):
        raise Refused("seal", "ML-KEM key")
    if not any(x25519(bytes(32), public[-32:])):
        raise Refused("seal", "X25519 key")
