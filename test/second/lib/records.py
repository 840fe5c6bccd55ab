"""The trustees' stanza of a record (SPEC, section 8): TDH2 inside hybridSeal; and the padding of section 7."""

from aead import ZERO_NONCE, open_sealed
from codec import decode
from curve import G, Refused, decode_g1
from hash_to_curve import G_TDH2
from hashes import H, frame, hkdf, label, u8, u32
from sigma import verify_compact
from xwing import hybrid_open


def stanza_label(place):
    return H("stanza", *(place[name] for name in ("serviceId", "tagHash", "recordId", "keySetId")))


def verify_ciphertext(key, place_label, data):
    """A Tdh2Ciphertext for this place and record key: {u = r·G, ū = r·Ḡ}."""
    ct = decode("Tdh2Ciphertext", data)
    rows = [
        ("G1", decode_g1(ct["u"]), [(0, G, 1)]),
        ("G1", decode_g1(ct["ubar"]), [(0, G_TDH2, 1)]),
    ]
    verify_compact("tdh2", frame(place_label, ct["c"], key.encode()), rows, 1, ct["proof"])
    return ct


def open_stanza(group_secret, key, place_label, stanza):
    """The ciphertext's bytes and fields. Seal, codec and proof have one reason."""
    try:
        data = hybrid_open(group_secret, place_label, stanza)
        return data, verify_ciphertext(key, place_label, data)
    except Refused as refused:
        raise Refused("stanza-refused", str(refused)) from None


def file_key(key, place_label, ct, shared):
    """shared = r·Y_rec, which the shares of S interpolate."""
    info = frame(ct["u"], key.encode(), place_label)
    aead_key = hkdf(shared.encode(), label("tdh2Key"), info, 32)
    return open_sealed(aead_key, ZERO_NONCE, place_label, ct["c"])


def bucket(n):
    """PADME: at least 512, above it the next multiple of 2^(E − S)."""
    if n <= 512:
        return 512
    e = n.bit_length() - 1
    step = 1 << e - e.bit_length()
    return -(-n // step) * step


def pad(data):
    return u8(1) + u32(len(data)) + data + bytes(bucket(5 + len(data)) - 5 - len(data))


def unpad(data):
    length = int.from_bytes(data[1:5], "big")
    if len(data) < 5 + length or pad(data[5 : 5 + length]) != data:
        raise Refused("padding")
    return data[5 : 5 + length]
