"""Recovery words, the keys that derive from them, and claims (SPEC, sections 5 and 6)."""

import hashlib
import re
from pathlib import Path

from aead import open_xchacha
from codec import Reader
from curve import R, Refused
from hashes import frame, hkdf, hkdf_expand, label, sha256, u32
from xwing import public_key

# Python has no list of BIP-39 words, so this is the one of the package that the product uses too.
LIST = Path(__file__).parents[3] / "node_modules" / "@scure" / "bip39" / "wordlists" / "english.js"


def word_list():
    words = re.findall(r"^([a-z]+)$", LIST.read_text().replace("`", "\n"), re.MULTILINE)
    assert len(words) == 2048
    return {word: i for i, word in enumerate(words)}


def check_words(text):
    """24 English words: 256 bits and 8 bits of checksum."""
    words, numbers = text.split(" "), word_list()
    if len(words) != 24:
        raise Refused("count")
    if any(word not in numbers for word in words):
        raise Refused("unknown-word")
    bits = 0
    for word in words:
        bits = bits << 11 | numbers[word]
    if sha256((bits >> 8).to_bytes(32, "big"))[0] != bits & 255:
        raise Refused("checksum")


def wallet_root(text):
    check_words(text)
    seed = hashlib.pbkdf2_hmac("sha512", text.encode(), b"mnemonic", 2048)
    return hkdf(seed, b"", label("walletRoot"), 32)


def derive(root, name, parts, length):
    return hkdf_expand(root, label(name) + frame(*parts), length)


def holder_secrets(root, generation, salt, epoch):
    """k and z of a phone, and s of an epoch."""
    phone = (u32(generation), salt)
    wide = [derive(root, "holderSecrets", (name, *phone), 48) for name in ("k", "z")]
    wide.append(derive(root, "credentialBlinding", (*phone, u32(epoch)), 48))
    return [int.from_bytes(data, "big") % R for data in wide]


def session_seed(root, purpose, generation, salt, epoch, slot):
    return derive(root, "sessionSeed", (purpose, u32(generation), salt, u32(epoch), u32(slot)), 32)


BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def _polymod(values):
    out = 1
    for v in values:
        top, out = out >> 25, (out & 0x1FFFFFF) << 5 ^ v
        for i, g in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            out ^= g if top >> i & 1 else 0
    return out


def bech32(prefix, data):
    """BIP 173 without its bound of length, as age uses it."""
    width = -(-len(data) * 8 // 5)
    number = int.from_bytes(data, "big") << width * 5 - len(data) * 8
    digits = [number >> 5 * (width - 1 - i) & 31 for i in range(width)]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = _polymod(expanded + digits + [0] * 6) ^ 1
    digits += [check >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join(BECH32[d] for d in digits)


def age_keys(seed):
    """The age v1 identity and recipient of MLKEM768-X25519."""
    return bech32("age-secret-key-pq-", seed).upper(), bech32("age1pq", public_key(seed))


def claim_key(root):
    return derive(root, "claimKey", (), 32)


def open_claim(key, service_id, tag_hash, claim):
    if len(claim) != 82:
        raise Refused("length")
    r = Reader(open_xchacha(key, claim[:24], service_id + tag_hash, claim[24:]))
    return {"generation": r.number(4), "salt": r.take(32), "epoch": r.number(4), "slot": r.number(2)}
