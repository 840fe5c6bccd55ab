"""The key ceremony (SPEC, section 10): a trustee's reading of the board, round by round, and the key set that follows.

A refusal is an abort, which names the trustee whom a signature convicts.
"""

import ed25519
from codec import decode
from curve import G, R, Refused, decode_g1, msm
from hashes import H, frame, label, u32
from key_set import KEYS, check_committee, check_key_set
from sigma import verify_compact
from signed import open_signed
from xwing import hybrid_open, public_key


class Abort(Refused):
    """A fault that everybody can see."""

    def __init__(self, reason, trustee=None, about=""):
        super().__init__(reason, about)
        self.trustee = trustee


class Complaint(Abort):
    """A fault that only the receiver of a seal can see."""


DOCUMENTS = {
    "commits": "CeremonyCommit",
    "openings": "CeremonyOpening",
    "deals": "CeremonyDeals",
}


def view_of(context, rounds):
    """rounds: the documents of each round, by sender."""
    return H("ceremonyTranscript", context, *(frame(*documents) for documents in rounds))


def read_round(name, context, identity_keys, senders, messages):
    """{sender: (document, its bytes)} of one round, whose messages stand in any order."""
    found = {}
    for message in messages:
        try:
            key, document, data = open_signed("signCeremony", name, message)
        except Refused as refused:
            raise Abort("malformed", None, str(refused)) from None
        sender = document["sender"]
        signer = next((i for i in senders if identity_keys[i - 1] == key), None)
        if document["context"] != context:
            raise Abort("malformed", None, "another run")
        if signer is None or sender != signer:
            raise Abort("malformed", signer, "another sender")
        if found.get(sender, (None, data))[1] != data:
            raise Abort("equivocated", sender)
        found[sender] = document, data
    for sender in senders:
        if sender not in found:
            raise Abort("missing", sender)
    return {sender: found[sender] for sender in senders}


class Ceremony:
    def __init__(self, plan):
        self.plan = decode("CeremonyPlan", plan)
        self.context = H("ceremonyPlan", plan)
        self.keys = check_committee(self.plan)
        self.transport = [t["transportKey"] for t in self.plan["trustees"]]
        self.members = list(range(1, len(self.keys) + 1))
        self.threshold = self.plan["threshold"]

    def read(self, rounds):
        """All checks of the rounds in hand: {"commits": messages, "openings": …, "deals": …}."""
        self.views, documents = [view_of(self.context, [])], []
        self.found = {}
        for kind, messages in rounds.items():
            read = read_round(DOCUMENTS[kind], self.context, self.keys, self.members, messages)
            for sender, (document, _) in read.items():
                if kind in ("openings", "deals") and document["view"] != self.views[-1]:
                    raise Abort("view", sender)
                self.found.setdefault(kind, {})[sender] = document
                if kind == "openings":
                    self._check_opening(sender, document["dealing"])
                if kind == "deals":
                    self._check_seals(sender, document["sealed"])
            documents.append([data for _, data in read.values()])
            self.views.append(view_of(self.context, documents))

    def check_own(self, index, dealing):
        """The board's newest message under the reader's own name must carry or commit to the dealing that it made."""
        if "dealings" not in self.found:
            right = self.found["commits"][index]["commitment"] == H("ceremonyCommit", dealing)
        else:
            right = self.found["openings"][index]["dealing"] == dealing
        if not right:
            raise Abort("own-message", index)

    def _check_opening(self, sender, data):
        if H("ceremonyCommit", data) != self.found["commits"][sender]["commitment"]:
            raise Abort("commitment", sender)
        try:
            dealing = decode("CeremonyDealing", data)
        except Refused as refused:
            raise Abort("malformed", sender, str(refused)) from None
        if dealing["context"] != self.context or dealing["sender"] != sender:
            raise Abort("malformed", sender, "another run's dealing")
        for name in KEYS:
            if len(dealing["commitments"][name]) != self.threshold:
                raise Abort("degree", sender)
            rows = [("G1", decode_g1(dealing["commitments"][name][0]), [(0, G, 1)])]
            tag = frame(self.context, u32(sender), name)
            try:
                verify_compact("shareKeyPossession", tag, rows, 1, dealing["possession"][name])
            except Refused as refused:
                raise Abort("possession", sender, str(refused)) from None
        self.found.setdefault("dealings", {})[sender] = dealing

    def _check_seals(self, sender, sealed):
        if len(sealed) != len(self.members):
            raise Abort("malformed", sender, "number of seals")

    def open_deal(self, dealer, receiver, transport_secret):
        """The receiver's CeremonyShare from this dealer, with its Feldman and seed checks."""
        aad = frame(self.context, u32(dealer) + u32(receiver), self.views[2])
        try:
            sealed = self.found["deals"][dealer]["sealed"][receiver - 1]
            share = decode("CeremonyShare", hybrid_open(transport_secret, aad, sealed))
        except Refused as refused:
            raise Complaint("unreadable", dealer, str(refused)) from None
        dealing = self.found["dealings"][dealer]
        for name in KEYS:
            expected = evaluate([decode_g1(c) for c in dealing["commitments"][name]], receiver)
            if G * int.from_bytes(share["shares"][name], "big") != expected:
                raise Complaint("share", dealer)
        if H("ceremonySeed", self.context, u32(dealer), share["seed"]) != dealing["seedHash"]:
            raise Complaint("seed", dealer)
        return share

    def commitments(self, name):
        """Σ of the dealers' commitments, coefficient by coefficient."""
        columns = zip(*(self.found["dealings"][i]["commitments"][name] for i in self.members), strict=True)
        return [msm([(1, decode_g1(c)) for c in column]) for column in columns]

    def group_seed(self, seeds):
        return H("hybridGroupSeed", self.context, *(seeds[i] for i in self.members))


def evaluate(commitments, x):
    """Σ x^m·C_m."""
    return msm([(pow(x, m, R), c) for m, c in enumerate(commitments)])


def keys_of(commitments, members):
    """(keys, share keys) of the summed commitments under each name, as the KeySetCore writes them."""
    points = [c[0] for c in commitments.values()] + [evaluate(c, j) for c in commitments.values() for j in members]
    if any(point.is_zero() for point in points):
        raise Abort("identity")
    keys = {name: c[0].encode() for name, c in commitments.items()}
    shares = [{name: evaluate(c, j).encode() for name, c in commitments.items()} for j in members]
    return keys, shares


def key_set_of(context, identity_keys, messages):
    """The key set of n acceptances: one core, which every sender signed."""
    members = range(1, len(identity_keys) + 1)
    found = [a for a, _ in read_round("Acceptance", context, identity_keys, members, messages).values()]
    core = found[0]["core"]
    try:
        key_set = decode("KeySetCore", core)
    except Refused as refused:
        raise Abort("malformed", 1, str(refused)) from None
    for i, acceptance in enumerate(found, 1):
        if acceptance["core"] != core:
            raise Abort("disagreement")
        if not ed25519.verify(identity_keys[i - 1], label("signKeySet") + core, acceptance["signature"]):
            raise Abort("signature", i)
    key_set["signatures"] = [acceptance["signature"] for acceptance in found]
    check_key_set(key_set, core, identity_keys)
    return key_set


def expected_core(run, transcript, seed):
    keys, shares = keys_of({name: run.commitments(name) for name in KEYS}, run.members)
    return {
        "threshold": run.threshold,
        "generation": 0,
        "keys": keys,
        "shareKeys": shares,
        "identityKeys": run.keys,
        "groupHybridKey": public_key(seed),
        "transcript": transcript,
    }
