"""Signed notes and cosigned checkpoints: C2SP signed-note, tlog-checkpoint, tlog-cosignature (SPEC, section 11)."""

import re
import unicodedata
from base64 import b64decode
from binascii import Error

import ed25519
from codec import MAX_U64, malformed
from curve import Refused
from hashes import sha256, u8

LOG, WITNESS = 1, 4
AHEAD_SECONDS = 600


def key_id(name, kind, key):
    return sha256(name.encode() + b"\n" + u8(kind) + key)[:4]


def decode_base64(text):
    try:
        return b64decode(text, validate=True)
    except (Error, ValueError):
        raise malformed("base64") from None


def _is_name(name):
    return name != "" and not any(c.isspace() or c == "+" or unicodedata.category(c) == "Cc" for c in name)


def open_note(note):
    """(text, [(name, key id, signature)]): the text is all before the last empty line, with its last newline."""
    if any(ord(c) < 32 and c != "\n" for c in note) or "\n\n" not in note or not note.endswith("\n"):
        raise malformed("note")
    blank = note.rindex("\n\n")
    signatures = []
    for line in note[blank + 2 : -1].split("\n"):
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "\N{EM DASH}" or not _is_name(parts[1]):
            raise malformed("signature line")
        data = decode_base64(parts[2])
        if len(data) <= 4:
            raise malformed("signature line")
        signatures.append((parts[1], data[:4], data[4:]))
    return note[: blank + 1], signatures


def read_checkpoint(text):
    """(origin, size, root); more lines may follow, but no empty one."""
    lines = text[:-1].split("\n")
    if len(lines) < 3 or "" in lines or not re.fullmatch(r"0|[1-9][0-9]{0,15}", lines[1]) or int(lines[1]) > MAX_U64:
        raise malformed("checkpoint")
    root = decode_base64(lines[2])
    if len(root) != 32:
        raise malformed("root")
    return lines[0], int(lines[1]), root


def cosigned_at(text, key, data):
    """The time of a cosignature/v1: u64 time ‖ Ed25519."""
    seconds = int.from_bytes(data[:8], "big")
    message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
    if len(data) != 72 or seconds > MAX_U64 or not ed25519.verify(key, message, data[8:]):
        raise Refused("bad-signature")
    return seconds


def verify_head(note, log, witnesses, quorum, max_age=None, now=None):
    """(size, root, {witness: time}). log is (name, key); witnesses is {name: key}. Lines of other keys are ignored."""
    text, signatures = open_note(note)
    origin, size, root = read_checkpoint(text)
    name, log_key = log
    if origin != name:
        raise Refused("wrong-origin")
    signed, times = False, {}
    for signer, identifier, data in signatures:
        if signer == name and identifier == key_id(name, LOG, log_key):
            if not ed25519.verify(log_key, text.encode(), data):
                raise Refused("bad-signature")
            signed = True
        elif signer in witnesses and identifier == key_id(signer, WITNESS, witnesses[signer]):
            times[signer] = max(cosigned_at(text, witnesses[signer], data), times.get(signer, 0))
    if not signed:
        raise Refused("not-signed-by-log")
    if len(times) < quorum:
        raise Refused("no-quorum")
    if max_age is not None:
        if sum(now - max_age <= t <= now + AHEAD_SECONDS for t in times.values()) < quorum:
            raise Refused("stale")
    return size, root, times


def read_vkey(vkey):
    """(name, key) of a log's vkey: name+key id+base64(type ‖ key)."""
    name, identifier, encoded = vkey.split("+", 2)
    kind, *rest = decode_base64(encoded)
    if kind != LOG or bytes.fromhex(identifier) != key_id(name, LOG, bytes(rest)):
        raise malformed("vkey")
    return name, bytes(rest)
