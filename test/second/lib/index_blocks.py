"""Blocks of a closed month of the session index (SPEC, section 9): 64 rows each, under the month's root."""

import re

from codec import malformed
from curve import Refused
from merkle import node_hash, root_of

ROW_BYTES, BLOCK_ROWS, VALUE_BYTES = 208, 64, 32
MOST_PARTS = 65536


def _split(n):
    return 1 << (n - 1).bit_length() - 1


def _tree(hashes):
    """The root over block hashes."""
    if len(hashes) == 1:
        return hashes[0]
    middle = _split(len(hashes))
    return node_hash(_tree(hashes[:middle]), _tree(hashes[middle:]))


def _rows(data):
    if len(data) % ROW_BYTES:
        raise Refused("refused", "no whole rows")
    return [data[i : i + ROW_BYTES] for i in range(0, len(data), ROW_BYTES)]


def verify_blocks(document, epoch, count, root):
    """{block number: hash} of the runs, which with `proof` must give the root. Each run has whole blocks."""
    if document["epoch"] != epoch or document["count"] != count:
        raise Refused("refused", "another month")
    total, known, last = -(-count // BLOCK_ROWS), {}, -1
    for run in document["runs"]:
        rows, start = _rows(run["rows"]), run["block"]
        end = start * BLOCK_ROWS + len(rows)
        if not rows or start <= last or end > count or (end % BLOCK_ROWS and end != count):
            raise Refused("refused", "runs")
        for i in range(0, len(rows), BLOCK_ROWS):
            last = start + i // BLOCK_ROWS
            known[last] = root_of(rows[i : i + BLOCK_ROWS])
    proof = list(document["proof"])

    def subtree(start, end):
        inside = [n for n in known if start <= n < end]
        if not inside:
            if not proof:
                raise Refused("refused", "proof too short")
            return proof.pop(0)
        if len(inside) == end - start:
            return _tree([known[n] for n in sorted(inside)])
        middle = start + _split(end - start)
        left = subtree(start, middle)
        return node_hash(left, subtree(middle, end))

    if not known or subtree(0, total) != root or proof:
        raise Refused("refused")
    return known


def read_part(text):
    """(n, m) of "n.m", without leading zeros."""
    found = re.fullmatch(r"(0|[1-9][0-9]*)\.([1-9][0-9]*)", text)
    if not found or not int(found[1]) < int(found[2]) <= MOST_PARTS:
        raise malformed("part")
    return int(found[1]), int(found[2])


def part_of(value, m):
    return int.from_bytes(value[:4], "big") * m >> 32


def holds_part(runs, n, m, count):
    """Whether verified runs hold all rows of part n of m, with a row or an end of the month on both sides."""
    rows = {}
    for run in runs:
        rows |= {run["block"] * BLOCK_ROWS + i: part_of(row[:VALUE_BYTES], m) for i, row in enumerate(_rows(run["rows"]))}
    places = range(-1, count + 1)  # the ends of the month stand before the first row and after the last
    before = [i for i in places if i == -1 or rows.get(i, n) < n]
    after = [i for i in places if i == count or rows.get(i, n) > n]
    return any(all(i in rows for i in range(a + 1, z)) for a in before for z in after if a < z)
