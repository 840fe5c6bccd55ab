"""The notice in the log (SPEC, section 9): 16 rows of 80 bytes and one ciphertext, the same from all of S."""

from aead import ZERO_NONCE, open_sealed, seal
from codec import decode
from curve import G, Refused
from hash_to_curve import notice_base
from hashes import H, hkdf, hkdf_expand, hmac_sha256, label, sha256, u32
from pairing import encode_gt, pairing

ROWS, ROW_BYTES, MAC_BYTES, LEAST_BYTES = 16, 80, 32, 1024


def wallet_kappa(z, case_id):
    """κ = e(G, z·H_n), which a wallet computes alone."""
    return pairing(G, notice_base(case_id) * z)


def notice_mac(kappa, case_id):
    return hmac_sha256(H("notice", kappa), case_id)


def row_key(kappa, ciphertext):
    return hkdf(kappa, label("noticeKey"), sha256(ciphertext), 32)


def padded(m, size):
    return u32(len(m)) + m + bytes(size - 4 - len(m))


def unpadded(data):
    length = int.from_bytes(data[:4], "big")
    if len(data) < 4 + length or any(data[4 + length :]):
        raise Refused("padding")
    return data[4 : 4 + length]


def body_of(kappas, case_id, content):
    """The whole body for the distinct κ (encoded) of a case."""
    kappas = sorted(set(kappas))
    size = max(LEAST_BYTES, 1 << (len(content) + 3).bit_length())
    plain = padded(content, size)
    key = H("noticeContent", *kappas, plain)
    ciphertext = seal(key, ZERO_NONCE, case_id, plain)
    rows = [notice_mac(k, case_id) + seal(row_key(k, ciphertext), ZERO_NONCE, case_id, key) for k in kappas]
    filler = H("noticeFiller", *kappas)
    rows += [hkdf_expand(filler, u32(n), ROW_BYTES) for n in range(len(kappas), ROWS)]
    return b"".join(sorted(rows)) + ciphertext


def open_notice(kappa, case_id, body):
    """The NoticeContent for this κ, or None if no row is its own."""
    rows, ciphertext = body[: ROWS * ROW_BYTES], body[ROWS * ROW_BYTES :]
    mac = notice_mac(kappa, case_id)
    for at in range(0, len(rows), ROW_BYTES):
        row = rows[at : at + ROW_BYTES]
        if row[:MAC_BYTES] == mac:
            key = open_sealed(row_key(kappa, ciphertext), ZERO_NONCE, case_id, row[MAC_BYTES:])
            return decode("NoticeContent", unpadded(open_sealed(key, ZERO_NONCE, case_id, ciphertext)))
    return None


def encoded_kappa(z, case_id):
    return encode_gt(wallet_kappa(z, case_id))
