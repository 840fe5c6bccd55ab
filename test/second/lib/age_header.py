"""The header of a record, which is an age v1 file with exactly three stanzas (SPEC, section 8; C2SP age)."""

from base64 import b64decode, b64encode
from binascii import Error

from codec import malformed
from curve import Refused

MAX_HEADER_BYTES, MAX_BODY_BYTES, LINE_CHARACTERS = 16384, 4096, 64


def decode_base64(text):
    """Canonical, without padding."""
    try:
        data = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except Error:
        raise malformed("base64") from None
    if b64encode(data).rstrip(b"=").decode() != text:
        raise malformed("base64 is not canonical")
    return data


def _lines(blob):
    """The lines of printable ASCII within the longest header, each ended by a line feed."""
    head = blob[:MAX_HEADER_BYTES]
    *lines, _ = head.split(b"\n")
    for line in lines:
        if any(not 0x20 <= c <= 0x7E for c in line):
            raise malformed("not printable ASCII")
        yield line.decode("ascii")
    raise malformed("the header does not end")


def read_stanzas(blob):
    """[(arguments, body)] up to the MAC of 32 bytes."""
    lines, stanzas = _lines(blob), []
    if next(lines) != "age-encryption.org/v1":
        raise malformed("not an age file")
    while not (line := next(lines)).startswith("--- "):
        arrow, *arguments = line.split(" ")
        if arrow != "->" or not arguments or "" in arguments:
            raise malformed("not a stanza")
        body = ""
        while True:
            row = next(lines)
            if len(row) > LINE_CHARACTERS:
                raise malformed("a long line")
            body += row
            if len(row) < LINE_CHARACTERS:
                break
        stanzas.append((arguments, decode_base64(body)))
    if len(decode_base64(line[4:])) != 32:
        raise malformed("MAC")
    return stanzas


def check_stanza_set(blob):
    """The key-set id and the trustees' stanza of a record."""
    stanzas = read_stanzas(blob)
    if len(stanzas) != 3:
        raise Refused("stanza-set", "number")
    enc = []
    for arguments, body in stanzas[:2]:
        if len(arguments) != 2 or arguments[0] != "mlkem768x25519":
            raise Refused("stanza-set", "not a hybrid stanza")
        enc.append(decode_base64(arguments[1]))
        if len(enc[-1]) != 1120 or len(body) != 32:
            raise Refused("stanza-set", "sizes of a hybrid stanza")
    if enc[0] == enc[1]:
        raise Refused("stanza-set", "one stanza twice")
    arguments, body = stanzas[2]
    if len(arguments) != 2 or arguments[0] != "symbolon-threshold":
        raise Refused("stanza-set", "not the trustees' stanza")
    key_set_id = decode_base64(arguments[1])
    if len(key_set_id) != 32 or not 0 < len(body) <= MAX_BODY_BYTES:
        raise Refused("stanza-set", "sizes of the trustees' stanza")
    return key_set_id, body
