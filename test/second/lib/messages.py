"""The channel of a visit, and signed requests (SPEC, section 7).

HPKE in base mode exports one key per direction for ChaCha20-Poly1305 frames.
"""

import re

import ed25519
from aead import open_sealed
from curve import Refused
from hashes import H, frame, hkdf_expand, hmac_sha256, label, sha256, u8, u16, u64
from records import unpad
from window import Window
from xwing import decapsulate_xwing

SUITE = b"HPKE" + u16(0x647A) + u16(0x0001) + u16(0xFFFF)  # MLKEM768-X25519, HKDF-SHA256, export-only
HEADER_BYTES, TAG_BYTES = 10, 16


def _extract(salt, name, ikm):
    return hmac_sha256(salt or bytes(32), b"HPKE-v1" + SUITE + name + ikm)


def _expand(key, name, info, length):
    return hkdf_expand(key, u16(length) + b"HPKE-v1" + SUITE + name + info, length)


def exporter(secret_key, enc, info):
    """RFC 9180: the receiver's Export(context, L) in base mode."""
    shared = decapsulate_xwing(secret_key, enc)
    context = u8(0) + _extract(b"", b"psk_id_hash", b"") + _extract(b"", b"info_hash", info)
    secret = _expand(_extract(shared, b"secret", b""), b"exp", context, 32)
    return lambda export_context, length: _expand(secret, b"sec", export_context, length)


def channel_info(check_in):
    names = ("challenge", "sessionAuthKey", "sessionRecipient", "rowProof", "claim")
    return H("channelContext", *(check_in[name] for name in names))


def channel_keys(secret_key, enc, context, tag_hash):
    export = exporter(secret_key, enc, label("messageInfo") + context)
    return export(label("messageKey") + tag_hash, 32), export(label("replyKey") + tag_hash, 32)


class Receiver:
    """One direction's end: the window first, then the tag, then the window moves."""

    def __init__(self, key, direction, tag_hash):
        self.key, self.direction, self.tag_hash = key, direction, tag_hash
        self.window = Window()

    def receive(self, data):
        if len(data) < HEADER_BYTES + TAG_BYTES or data[0] != 1 or data[1] != self.direction:
            raise Refused("malformed")
        seq = int.from_bytes(data[2:HEADER_BYTES], "big")
        self.window.check(seq)
        header = data[:HEADER_BYTES]
        aad = frame(self.tag_hash, header)
        try:
            message = unpad(open_sealed(self.key, bytes(4) + u64(seq), aad, data[HEADER_BYTES:]))
        except Refused:
            raise Refused("altered") from None
        self.window.move(seq)
        return message


HEADER = re.compile(r"([0-9a-f]{64})\.(0|[1-9][0-9]{0,11})\.([0-9a-f]{32})\.([0-9a-f]{64})\.([0-9a-f]{128})")
DOOR_SECONDS = 600


def verify_request(method, url, body, header, now):
    """The key that signed a request. The time is judged before the signature."""
    found = HEADER.fullmatch(header)
    if not found:
        raise Refused("header")
    key, timestamp, nonce, body_hash, signature = found.groups()
    if abs(now - int(timestamp)) > DOOR_SECONDS:
        raise Refused("clock-skew")
    parts = (method, url, timestamp, bytes.fromhex(nonce), bytes.fromhex(body_hash))
    message = label("signRequest") + frame(*parts)
    if not ed25519.verify(bytes.fromhex(key), message, bytes.fromhex(signature)):
        raise Refused("signature")
    if sha256(body).hex() != body_hash:
        raise Refused("body")
    return bytes.fromhex(key)
