"""Approvals of an order by the officers of a set S (SPEC, section 9, "Approvals")."""

import json
from base64 import urlsafe_b64encode

import p256
from curve import Refused
from hashes import H, sha256, u8
from signed import open_signed

USER_PRESENT, USER_VERIFIED = 1, 4
CARD_DAYS = 366
MAX_APPROVAL_BYTES = 32768


def approval_challenge(case_id, order_hash, trustee, decision, dossier_hash):
    return H("passkeyDecision", case_id, order_hash, u8(trustee), decision, dossier_hash)


def refuse_if(condition, reason):
    if condition:
        raise Refused(reason)


def not_json(name):
    """Python reads NaN and Infinity, which JSON does not have."""
    raise ValueError(name)


def check_card(approval, card):
    refuse_if(card["trustee"] != approval["trustee"], "card")
    refuse_if(not card["notBefore"] <= approval["at"] < card["notAfter"], "card")
    refuse_if(card["notAfter"] > card["notBefore"] + CARD_DAYS * 86400, "card")


def check_assertion(approval, card, challenge):
    """WebAuthn: what the passkey signed, for whom, and how the person was verified."""
    try:
        client = json.loads(approval["clientDataJSON"].decode("utf-8"), parse_constant=not_json)
    except ValueError:
        raise Refused("passkey") from None
    refuse_if(not isinstance(client, dict), "passkey")
    refuse_if(client.get("type") != "webauthn.get", "passkey")
    encoded = urlsafe_b64encode(challenge).rstrip(b"=").decode()
    refuse_if(client.get("challenge") != encoded, "passkey")
    refuse_if(client.get("origin") != card["origin"] or client.get("crossOrigin") is True, "passkey")
    data = approval["authenticatorData"]
    refuse_if(len(data) < 37 or data[:32] != sha256(card["rpId"].encode()), "passkey")
    flags = USER_PRESENT | USER_VERIFIED
    refuse_if(data[32] & flags != flags, "passkey")
    signed = data + sha256(approval["clientDataJSON"])
    refuse_if(not p256.verify(p256.cose_key(card["publicKey"]), signed, approval["signature"]), "passkey")


def open_approval(data, trustee_keys):
    """One approval and its card, both signed by one pinned identity key."""
    refuse_if(len(data) > MAX_APPROVAL_BYTES, "length")
    key, approval, _ = open_signed("signApproval", "Approval", data)
    card_key, card, _ = open_signed("signOfficer", "OfficerCard", approval["officerCard"])
    i = approval["trustee"]
    refuse_if(not 0 < i <= len(trustee_keys) or key != trustee_keys[i - 1] or card_key != key, "signer")
    return approval, card


def verify_approvals(scope, approvals, trustee_keys, needed):
    """The set S and its approvals. scope has orderHash, caseId, and the first and last second: from, to."""
    opened = [open_approval(data, trustee_keys) for data in approvals]
    for approval, card in opened:
        refuse_if(any(approval[name] != scope[name] for name in ("orderHash", "caseId")), "order")
        refuse_if(not scope["from"] <= approval["at"] <= scope["to"], "time")
        refuse_if(approval["decision"] != "approve", "refused")
        check_card(approval, card)
        challenge = approval_challenge(
            approval["caseId"],
            approval["orderHash"],
            approval["trustee"],
            approval["decision"],
            approval["dossierHash"],
        )
        check_assertion(approval, card, challenge)
    members = [a["trustee"] for a, _ in opened]
    refuse_if(members != sorted(set(members)) or len(members) != needed, "set")
    refuse_if(len({a["dossierHash"] for a, _ in opened}) != 1, "dossier")
    refuse_if(len({card["publicKey"] for _, card in opened}) != needed, "card")
    return members, [a for a, _ in opened]
