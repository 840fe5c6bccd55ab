"""The Merkle tree of RFC 9162, and cosigned checkpoints of C2SP (SPEC, section 11)."""

from base64 import b64decode

import ed25519
from curve import Refused
from hashes import sha256, u8


def leaf_hash(entry):
    return sha256(b"\0" + entry)


def node_hash(left, right):
    return sha256(b"\1" + left + right)


def root_of(leaves):
    """MTH of a list of entries."""
    if len(leaves) == 0:
        return sha256(b"")
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(root_of(leaves[:split]), root_of(leaves[split:]))


def open_note(text):
    """(body, its lines, [(name, key id, signature)]) of a signed note: body, empty line, signature lines."""
    body, _, tail = text.partition("\n\n")
    if not tail.endswith("\n"):
        raise Refused("note")
    signatures = []
    for line in tail[:-1].split("\n"):
        dash, name, encoded = line.split(" ")
        data = b64decode(encoded, validate=True)
        if dash != "\N{EM DASH}":
            raise Refused("note")
        signatures.append((name, data[:4], data[4:]))
    return body + "\n", body.split("\n"), signatures


def key_id(name, kind, key):
    return sha256(name.encode() + b"\n" + u8(kind) + key)[:4]


def signed_by_log(text, vkey):
    """Whether a note carries the signature of the log with this vkey: name+key id+base64(type 1 ‖ key)."""
    name, identifier, encoded = vkey.split("+", 2)
    kind, *rest = b64decode(encoded, validate=True)
    key = bytes(rest)
    if kind != 1 or bytes.fromhex(identifier) != key_id(name, 1, key):
        raise Refused("note", "vkey")
    body, lines, signatures = open_note(text)
    if lines[0] != name:
        return False
    held = [s for n, i, s in signatures if n == name and i == key_id(name, 1, key)]
    return any(ed25519.verify(key, body.encode(), s) for s in held)


def cosigners(text, witnesses):
    """The times of cosignature/v1 by (name, key) in witnesses, each under its name. Other lines are ignored."""
    body, _, signatures = open_note(text)
    times = {}
    for name, identifier, data in signatures:
        key = witnesses.get(name)
        if key is None or identifier != key_id(name, 4, key) or len(data) != 72:
            continue
        seconds = int.from_bytes(data[:8], "big")
        if ed25519.verify(key, f"cosignature/v1\ntime {seconds}\n{body}".encode(), data[8:]):
            times[name] = seconds
    return times
