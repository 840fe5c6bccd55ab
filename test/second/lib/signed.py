"""Signed documents (SPEC, section 3): a key, that key's signature over label ‖ document, and the document."""

from codec import decode, malformed
from ed25519 import verify
from hashes import label


def open_signed(sign_label, name, data):
    """(key, document, its bytes). The caller compares the key with one that it knows from elsewhere."""
    signed = decode("Signed", data)
    document = decode(name, signed["document"])
    if not verify(signed["key"], label(sign_label) + signed["document"], signed["signature"]):
        raise malformed("signature")
    return signed["key"], document, signed["document"]
