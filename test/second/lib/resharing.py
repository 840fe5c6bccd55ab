"""Resharing (SPEC, section 10): t old trustees deal their own shares to the new committee, and the keys stay."""

from ceremony import Abort, Complaint, keys_of, read_round, view_of
from codec import decode
from curve import G, R, Refused, decode_g1, msm
from hashes import H, frame, u32
from key_set import KEYS, check_committee, check_key_set
from openings import lagrange
from xwing import hybrid_open, public_key


class Resharing:
    def __init__(self, plan, old):
        """old: the decoded KeySet before, and H(keySetCore, its core)."""
        self.plan = decode("ResharePlan", plan)
        self.context = H("resharePlan", plan)
        key_set, previous = old
        self.old = key_set
        self.keys = check_committee(self.plan)
        self.members = list(range(1, len(self.keys) + 1))
        self.dealers = self.plan["dealers"]
        if self.plan["previous"] != previous:
            raise Refused("other-key-set")
        if self.plan["generation"] != key_set["generation"]:
            raise Refused("other-generation")
        in_order = self.dealers == sorted(set(self.dealers)) and len(self.dealers) == key_set["threshold"]
        if not in_order or not set(self.dealers) <= set(range(1, len(key_set["identityKeys"]) + 1)):
            raise Refused("holders", "dealers")

    def read(self, messages):
        read = read_round("ReshareDeals", self.context, self.old["identityKeys"], self.dealers, messages)
        self.deals = {i: document for i, (document, _) in read.items()}
        for i, document in self.deals.items():
            if len(document["sealed"]) != len(self.members):
                raise Abort("malformed", i, "number of seals")
            for name in KEYS:
                c = document["commitments"][name]
                if len(c) != self.plan["threshold"]:
                    raise Abort("degree", i)
                if c[0] != self.old["shareKeys"][i - 1][name]:
                    raise Abort("constant", i)
        self.transcript = view_of(self.context, [[data for _, data in read.values()]])

    def open_deal(self, dealer, receiver, transport_secret):
        aad = frame(self.context, u32(dealer) + u32(receiver), view_of(self.context, []))
        sealed = self.deals[dealer]["sealed"][receiver - 1]
        try:
            share = decode("ReshareShare", hybrid_open(transport_secret, aad, sealed))
        except Refused as refused:
            raise Complaint("unreadable", dealer, str(refused)) from None
        for name in KEYS:
            terms = enumerate(self.deals[dealer]["commitments"][name])
            expected = msm([(pow(receiver, m, R), decode_g1(c)) for m, c in terms])
            if G * int.from_bytes(share["shares"][name], "big") != expected:
                raise Complaint("share", dealer)
        if public_key(share["groupHybridSecret"]) != self.old["groupHybridKey"]:
            raise Complaint("seed", dealer)
        return share

    def verify_key_set(self, key_set, core):
        """The finished key set follows from the deals, and its holders signed it."""
        expected = self.expected_core()
        if expected["keys"] != self.old["keys"]:
            raise Refused("share-keys", "not the old keys")
        if any(key_set[name] != value for name, value in expected.items()):
            raise Refused("other-key-set")
        check_key_set(key_set, core, self.keys)

    def expected_core(self):
        weights = [lagrange(i, self.dealers) for i in self.dealers]
        commitments = {}
        for name in KEYS:
            columns = zip(*(self.deals[i]["commitments"][name] for i in self.dealers), strict=True)
            commitments[name] = [
                msm([(w, decode_g1(c)) for w, c in zip(weights, column, strict=True)]) for column in columns
            ]
        keys, shares = keys_of(commitments, self.members)
        return {
            "threshold": self.plan["threshold"],
            "generation": self.plan["generation"] + 1,
            "keys": keys,
            "shareKeys": shares,
            "identityKeys": self.keys,
            "groupHybridKey": self.old["groupHybridKey"],
            "transcript": self.transcript,
        }
