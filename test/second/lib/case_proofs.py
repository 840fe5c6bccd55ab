"""What limits an order, and the log's proofs of a case (SPEC, section 9)."""

from check_in import month_of
from codec import decode
from curve import Refused
from hashes import H
from merkle import leaf_hash, verify_inclusion
from signed import open_signed

DAY = 86400
ORDER_DAYS, SCOPE_EPOCHS, SCOPE_SLOTS = 90, 120, 1920


def month_start(epoch):
    """The first second of a month, by its own count of days."""
    year, month = 1970 + epoch // 12, epoch % 12
    days = 0
    for y in range(1970, year):
        days += 366 if _leap(y) else 365
    lengths = (31, 29 if _leap(year) else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return (days + sum(lengths[:month])) * DAY


def _leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def check_order(order, now, tolerance):
    """The limits that need nothing but the order, in the order of the text."""
    if order["issuedAt"] > now + tolerance:
        raise Refused("ahead")
    if now >= order["expiresAt"]:
        raise Refused("expired")
    if order["expiresAt"] > order["issuedAt"] + ORDER_DAYS * DAY:
        raise Refused("too-long")
    if order["epochFrom"] > order["epochTo"]:
        raise Refused("epoch-order")
    if order["epochTo"] > month_of(now):
        raise Refused("not-begun")
    if order["kind"] != "trace" and order["epochTo"] - order["epochFrom"] + 1 > SCOPE_EPOCHS:
        raise Refused("too-many-epochs")


def check_scope(order, epochs, now):
    """epochs: keySetId, slots and both tolerances of each month of the order, ascending."""
    for epoch, parameters in enumerate(epochs, order["epochFrom"]):
        if parameters["keySetId"] != order["keySetId"]:
            raise Refused("other-key-set")
        arrivals = max(parameters["offlineGraceSeconds"], parameters["challengeWindowSeconds"])
        if not order["emergency"] and now < month_start(epoch + 1) + arrivals:
            raise Refused("epoch-open")
    if sum(parameters["slots"] for parameters in epochs) > SCOPE_SLOTS:
        raise Refused("too-many-slots")


def logged_entry(logged, head):
    """The decoded entry under a believed head (size, root). logged has entry, index and proof."""
    size, root = head
    verify_inclusion(leaf_hash(logged["entry"]), logged["index"], size, logged["proof"], root)
    return decode("LogEntry", logged["entry"])


def is_logged(logged, head, kind, subject, case_id):
    try:
        entry = logged_entry(logged, head)
    except Refused:
        return False
    return (entry["kind"], entry["subject"], entry["caseId"]) == (kind, subject, case_id)


def is_card_logged(logged, head, card):
    """The log has this signed card byte for byte, as kind officer, at its notBefore and without a case."""
    try:
        entry = logged_entry(logged, head)
    except Refused:
        return False
    expected = {
        "kind": "officer",
        "at": open_signed("signOfficer", "OfficerCard", card)[1]["notBefore"],
        "subject": H("officerCard", card),
        "caseId": None,
        "body": card,
    }
    return entry == expected


def check_logged(proofs, head, order_hash, case_id, signed):
    """proofs has order, approvals and officers; signed: the approvals of S, already verified."""
    if not is_logged(proofs["order"], head, "order", order_hash, case_id):
        raise Refused("missing order")
    if not len(proofs["approvals"]) == len(proofs["officers"]) == len(signed):
        raise Refused("missing not one entry per approval")
    for data, approval_entry, card_entry in zip(signed, proofs["approvals"], proofs["officers"], strict=True):
        _, approval, _ = open_signed("signApproval", "Approval", data)
        if not is_logged(approval_entry, head, "approval", H("approval", data), case_id):
            raise Refused(f"missing approval of trustee {approval['trustee']}")
        if not is_card_logged(card_entry, head, approval["officerCard"]):
            raise Refused(f"missing officer of trustee {approval['trustee']}")


def check_notice(logged, signed, head, order_hash, case_id, member_keys):
    """Every member of S signed the very entry that the log has."""
    if not is_logged(logged, head, "notice", order_hash, case_id):
        raise Refused("refused", "not logged")
    opened = [open_signed("signNotice", "LogEntry", data) for data in signed]
    signers = {key for key, _, data in opened if data == logged["entry"]}
    if not set(member_keys) <= signers:
        raise Refused("refused", "not signed by all of S")
