"""signature-faults.json: Ed25519 signatures and keys at the edges of the rules."""

from curve import Refused
from ed25519 import verify
from faults import check_entries
from vectors import b


def signature(entry, v):
    if not verify(b(entry["publicKey"]), b(entry["message"]), b(entry["signature"])):
        raise Refused("refused")


def check(v, t, others):
    check_entries({"signature": signature}, v, t)
