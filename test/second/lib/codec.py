"""The canonical codec (SPEC, section 3). It reads the table of layouts, so a new document needs no line here.

decode(name, data) gives a dict; a blob stays bytes, so that each reader opens only what it needs.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from curve import Refused, decode_g1, decode_scalar
from pairing import decode_gt
from spec import block

MAX_U64 = 2**53 - 1


def malformed(about):
    return Refused("malformed", about)


def door(decoder):
    """A field that the codec itself checks: its refusal is one of the document."""

    def checked(data):
        try:
            decoder(data)
        except Refused as refused:
            raise malformed(str(refused)) from None
        return data

    return checked


CHECKED = {"G1": (48, door(decode_g1)), "GT": (576, door(decode_gt)), "scalar": (32, door(decode_scalar))}


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        if self.at + n > len(self.data):
            raise malformed("truncated")
        self.at += n
        return self.data[self.at - n : self.at]

    def number(self, n):
        return int.from_bytes(self.take(n), "big")


def _top_level(text):
    """Splits the fields of "a: X, b: list of (c: Y, d: Z), e: u8: 0 no, 1 yes".

    A comma inside brackets ends no field, nor does one before a number in a list of names.
    """
    parts, depth = [""], 0
    for i, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0 and not re.match(r", \d", text[i:]):
            parts.append("")
        else:
            parts[-1] += char
    return [p.strip() for p in parts]


def parse(text):
    """A reader for one type of the table."""
    if fixed := re.fullmatch(r"(\d+) bytes", text):
        return lambda r: r.take(int(fixed[1]))
    if number := re.fullmatch(r"u(8|16|32|64)", text):
        return lambda r: _number(r, int(number[1]) // 8)
    if text == "u8 0 or 1":
        return lambda r: bool(_one_of(r, {0, 1}))
    if names := re.fullmatch(r"u8: (\d+ .*)", text):
        table = {int(n): name for n, name in (item.split(" ", 1) for item in names[1].split(", "))}
        return lambda r: table[_one_of(r, table)]
    if text == "blob":
        return lambda r: r.take(r.number(4))
    if text == "text":
        return _text
    if text.startswith("list of "):
        inner = parse(text[8:])
        return lambda r: [inner(r) for _ in range(r.number(2))]
    if text.startswith("ascending list of "):
        inner = parse(text[10:])
        return lambda r: _ascending(inner(r))
    if text.startswith("optional "):
        some = parse(text[9:])
        return lambda r: some(r) if _one_of(r, {0, 1}) else None
    if text.startswith("("):
        return parse_fields([f.split(": ", 1) for f in _top_level(text[1:-1])])
    if scalars := re.fullmatch(r"proof of (\d+) scalar", text):
        return lambda r: _proof(r, int(scalars[1]))
    size, check = CHECKED[text]
    return lambda r: check(r.take(size))


def parse_fields(fields):
    readers = [(name, parse(kind)) for name, kind in fields]
    return lambda r: {name: read(r) for name, read in readers}


def _number(r, size):
    n = r.number(size)
    if n > MAX_U64:
        raise malformed("above 2^53 - 1")
    return n


def _one_of(r, values):
    n = r.number(1)
    if n not in values:
        raise malformed(f"{n} is not in the list")
    return n


def _ascending(items):
    """Items rise strictly: a tuple by its first field."""
    keys = [next(iter(item.values())) if isinstance(item, dict) else item for item in items]
    if any(a >= b for a, b in pairwise(keys)):
        raise malformed("not ascending")
    return items


def _text(r):
    data = r.take(r.number(2))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise malformed("ill-formed UTF-8") from None


def _proof(r, n):
    data = r.take(32 * (n + 1))
    for i in range(n + 1):
        door(decode_scalar)(data[32 * i : 32 * i + 32])
    return data


@dataclass
class Layout:
    type: int
    version: int
    fields: list
    read: object


def _layouts():
    table = {}
    for text in block("layouts").split("\n\n"):
        head, *rows = text.splitlines()
        code, name, version = re.fullmatch(r"0x(\w\w) (\w+), version (\d+)", head).groups()
        fields = [row.split(None, 1) for row in rows]
        table[name] = Layout(int(code, 16), int(version), [f[0] for f in fields], parse_fields(fields))
    return table


LAYOUTS = _layouts()


def decode(name, data):
    layout = LAYOUTS[name]
    if data[:1] != bytes([layout.type]):
        raise Refused("wrong-type")
    if data[1:2] != bytes([layout.version]):
        raise Refused("unknown-version")
    r = Reader(data)
    r.take(2)
    value = layout.read(r)
    if r.at != len(data):
        raise malformed("trailing bytes")
    return value
