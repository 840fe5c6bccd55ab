"""The check-in around a presentation, its row proof, and continuity (SPEC, section 6)."""

from datetime import UTC, datetime

from codec import decode
from curve import Refused, decode_g2
from hash_to_curve import continuity_base, tag_base
from hashes import H, frame, u32
from presentation import verify_presentation
from sigma import verify_compact
from signed import open_signed

CONTEXT = ("challenge", "sessionAuthKey", "sessionRecipient", "rowProof", "claim", "hpkeEnc")


def service_id(sign_key):
    return H("serviceId", sign_key)[:16]


def check_in_context(check_in):
    return H("challenge", *(check_in[name] for name in CONTEXT))


def month_of(seconds):
    """The epoch of a moment: (year − 1970)·12 + month, January = 0."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return (moment.year - 1970) * 12 + moment.month - 1


def verify_row_proof(proof, T, sid, epoch, slot, params_hash):
    rows = [("G2", T, [(0, tag_base(params_hash, epoch, slot), 1)])]
    verify_compact("indexRow", frame(sid, u32(epoch), u32(slot), params_hash), rows, 1, proof)


def open_challenge(data):
    try:
        key, challenge, _ = open_signed("signChallenge", "Challenge", data)
    except Refused as refused:
        raise Refused("challenge-signature", str(refused)) from None
    if service_id(key) != challenge["serviceId"]:
        raise Refused("challenge-signature", "another service's key")
    return challenge


def check_freshness(challenge, tolerances, now, offline):
    """The times of a challenge at a service, or of a check-in that a clinic hands in after it was offline."""
    window = tolerances["challengeWindowSeconds"]
    if challenge["issuedAt"] - now > window:
        raise Refused("ahead")
    if now - challenge["issuedAt"] > (max(window, tolerances["offlineGraceSeconds"]) if offline else window):
        raise Refused("old")
    if not offline and now > challenge["expiresAt"]:
        raise Refused("expired")


def verify_check_in(tag, credential, data):
    """All that makes a check-in believed, under the parameters of the tag's epoch and of the credential's."""
    check_in = decode("CheckIn", data)
    p = decode("Presentation", check_in["presentation"])
    challenge = open_challenge(check_in["challenge"])
    p_e, epoch = tag.params_hash, month_of(challenge["issuedAt"])
    covered = tag.covers(epoch) and credential.covers(p["credentialEpoch"])
    if challenge["paramsHash"] != p_e or not covered:
        raise Refused("parameters")
    policy = {
        "epoch": epoch,
        "slots": tag.parameters["slots"],
        "maxStaleEpochs": challenge["maxStaleEpochs"],
    }
    context = check_in_context(check_in)
    verified = verify_presentation(credential.issuer, tag.issuer, p_e, policy, context, check_in["presentation"])
    for required in challenge["required"]:
        if verified["shown"].get(required["attribute"]) not in required["accepted"]:
            raise Refused("policy")
    try:
        verify_row_proof(check_in["rowProof"], verified["T"], challenge["serviceId"], epoch, p["slot"], p_e)
    except Refused as refused:
        raise Refused("row", str(refused)) from None
    return verified | {"challenge": challenge, "checkIn": check_in}


def verify_continuity(data, T, base, realm, sid, presentation_hash):
    continuity = decode("Continuity", data)
    n = decode_g2(continuity["N"])
    rows = [("G2", T, [(0, base, 1)]), ("G2", n, [(0, continuity_base(realm, sid), 1)])]
    verify_compact("continuity", frame(presentation_hash), rows, 1, continuity["proof"])
