"""The credential (SPEC, sections 1 and 5): header, messages and signature.

Generators and domain are those of draft-irtf-cfrg-bbs-signatures.
"""

from functools import cache

from curve import P2, R, Refused, decode_g1, decode_g2, decode_scalar, scalar_bytes
from hash_to_curve import hash_to_g1
from hashes import H, expand_message_xmd, frame, hash_to_scalar, label, u64
from pairing import ONE, pairing_product

API = label("bbsApi")
# The draft's P1 of the suite BLS12-381-SHA-256. Its api_id is that of the draft, not ours.
P1 = decode_g1(
    bytes.fromhex("a8ce256102840821a3e94ea9025e4662b205762f9776b3a766c872b948f1fd225e7c59698588e70d11406d161b4e28c9")
)


@cache
def create_generators(count, api_id):
    """The draft's create_generators: a chain of expand_message_xmd, and hash to G1 of each link."""
    seed_dst = api_id + b"SIG_GENERATOR_SEED_"
    v = expand_message_xmd(api_id + b"MESSAGE_GENERATOR_SEED", seed_dst, 48)
    out = []
    for i in range(1, count + 1):
        v = expand_message_xmd(v + u64(i), seed_dst, 48)
        out.append(hash_to_g1(v, api_id + b"SIG_GENERATOR_DST_"))
    return out


Q2, J1, J2 = create_generators(3, b"BLIND_" + API)


def attribute_scalar(name, value):
    return hash_to_scalar(label("attribute"), frame(name, value))


class Issuer:
    """One Parameters document's key and bases. `attributes` is its closed list; L = 1 + their number."""

    def __init__(self, parameters, params_hash):
        self.attributes = [(a["name"], a["values"]) for a in parameters["attributes"]]
        self.encoded_w = parameters["issuerKey"]
        self.W = decode_g2(self.encoded_w)
        self.trace_key = decode_g1(parameters["traceKey"])
        self.link_key = decode_g1(parameters["linkKey"])
        count = 1 + len(self.attributes)
        self.Q1, *self.H = create_generators(count + 1, API)
        self.header = H("credentialHeader", params_hash)
        self.domain = self._domain(count)

    def _domain(self, count):
        points = b"".join(p.encode() for p in (self.Q1, *self.H, Q2, J1, J2))
        data = self.encoded_w + u64(count + 3) + points + API + u64(len(self.header)) + self.header
        return hash_to_scalar(API + b"H2S_", data)

    def listed(self, index, value):
        """True if the attribute with this index from 0 may have the value. "" stands for none."""
        return index < len(self.attributes) and (value == "" or value in self.attributes[index][1])

    def message_base(self, epoch):
        """P1 + domain·Q1 + epoch·H_1."""
        return P1 + self.Q1 * self.domain + self.H[0] * epoch

    def messages(self, epoch, values):
        """message_base + Σ m_i·H_(1+i) over (index, value)."""
        out = self.message_base(epoch)
        for i, value in values:
            out += self.H[1 + i] * attribute_scalar(self.attributes[i][0], value)
        return out


def commitment(s, k, z):
    return Q2 * s + J1 * k + J2 * z


def sign(issuer, x, B):
    """A and e, which are deterministic."""
    e = hash_to_scalar(API + b"H2S_", scalar_bytes(x) + B.encode())
    return B * pow(x + e, -1, R), e


def receive(issuer, issued, epoch, secrets):
    """The wallet's check of an IssuedCredential: epoch, values, and e(A, W + e·P2) = e(B, P2)."""
    values = list(enumerate(issued["values"]))
    if issued["epoch"] != epoch or len(values) != len(issuer.attributes):
        raise Refused("credential", "epoch or number of values")
    if not all(issuer.listed(i, v) for i, v in values):
        raise Refused("credential", "unlisted value")
    A, e = decode_g1(issued["A"]), decode_scalar(issued["e"])
    if e == 0:
        raise Refused("credential", "e is 0")
    B = issuer.messages(epoch, values) + commitment(*secrets)
    if pairing_product([(A, issuer.W + P2 * e), (-B, P2)]) != ONE:
        raise Refused("credential", "pairing")
