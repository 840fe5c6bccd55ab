"""Chains of key sets (SPEC, section 10, "Chain"): from the pinned trustees to the committee of today."""

from codec import decode
from curve import Refused
from hashes import H
from key_set import core_of, verify_key_set
from resharing import Resharing


def hash_of(data, key_set):
    return H("keySetCore", core_of(data, len(key_set["signatures"])))


def walk_chain(genesis, links, pinned):
    """The bytes of every key set, generation g at [g]. A link is (plan, deals, key set)."""
    found, key_set = [genesis], verify_key_set(genesis, pinned)
    for plan, deals, data in links:
        following = decode("KeySet", data)
        resharing = Resharing(plan, (key_set, hash_of(found[-1], key_set)))
        resharing.read(deals)
        resharing.verify_key_set(following, core_of(data, len(following["signatures"])))
        found.append(data)
        key_set = following
    return found


def holders_of(data, chains, pinned):
    """The identity keys under which a key set is verified: pinned for generation 0, else those of a chain that has it."""
    key_set = decode("KeySet", data)
    generation = key_set["generation"]
    if generation == 0:
        return pinned
    if not any(chain[generation : generation + 1] == [data] for chain in chains):
        raise Refused("other-generation", "no chain leads to this key set")
    return key_set["identityKeys"]
