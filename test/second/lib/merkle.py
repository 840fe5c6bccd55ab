"""The Merkle tree of RFC 9162, and its proofs (SPEC, section 11)."""

from curve import Refused
from hashes import sha256


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


def check_hashes(path):
    if any(len(p) != 32 for p in path):
        raise Refused("refused", "length of a hash")


def root_from_path(leaf, index, size, path):
    """Section 2.1.3.2: the root that an audit path proves for a leaf hash, or a refusal."""
    check_hashes([leaf, *path])
    if not 0 <= index < size:
        raise Refused("refused", "index")
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            raise Refused("refused", "length")
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise Refused("refused", "length")
    return r


def verify_inclusion(leaf, index, size, path, root):
    if root_from_path(leaf, index, size, path) != root:
        raise Refused("refused", "another root")


def verify_consistency(first, second, first_root, second_root, path):
    """Section 2.1.4.2. An empty tree shows nothing, and equal sizes need equal roots and no path."""
    if not 0 < first <= second or (first == second and (path or first_root != second_root)):
        raise Refused("refused", "sizes")
    if first == second:
        return
    check_hashes(path)
    if not path:
        raise Refused("refused", "length")
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    start, *rest = path if first & (first - 1) else [first_root, *path]
    fr = sr = start
    for c in rest:
        if sn == 0:
            raise Refused("refused", "length")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    if sn or fr != first_root or sr != second_root:
        raise Refused("refused")
