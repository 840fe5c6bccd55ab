"""openings.json: order, approvals, log, and the shares and results of link, notice and trace."""

from approvals import verify_approvals
from check_in import verify_check_in
from codec import decode
from curve import decode_g1, decode_scalar
from hash_to_curve import notice_base, tag_base
from hashes import H
from key_set import interpolates
from merkle import root_of
from note import open_note, read_vkey, verify_head
from notice import body_of, encoded_kappa, notice_mac, open_notice
from openings import (
    case_context,
    combine_partials,
    combine_points,
    index_value,
    verify_link_share,
    verify_notice_share,
    verify_trace_share,
)
from pairing import encode_gt
from signed import open_signed
from vectors import b, changed
from world import World

ORDER_DAYS = 90
CLOCK_SECONDS = 600


class Case:
    """The order with its approvals, and the values from which the contexts and shares follow."""

    def __init__(self, v, t, others):
        self.v, self.t, self.world = v, t, World.of(others)
        presentation = others("presentation")
        self.check_in = b(presentation["checkIn"])
        self.visit = t.accepts("check-in", lambda: verify_check_in(self.world, self.world, self.check_in))
        self.presentation_hash = H("presentation", self.check_in)
        self.set = v["set"]

    def check_order(self):
        v, t = self.v, self.t
        signer, self.certificate, _ = open_signed("signRequester", "RequesterCertificate", b(v["certificate"]))
        key, self.order, _ = t.accepts("order", lambda: open_signed("signOrder", "Order", b(v["order"])))
        order, certificate = self.order, self.certificate
        t.same("requester's key", key, certificate["signKey"].hex())
        t.same("certificate", order["certificate"], v["certificate"])
        in_force = certificate["notBefore"] <= order["issuedAt"] < certificate["notAfter"]
        t.same("certificate in force", in_force, True)
        t.same("order's days", order["issuedAt"] < order["expiresAt"] <= order["issuedAt"] + ORDER_DAYS * 86400, True)
        self.order_hash = H("order", b(v["order"]))
        t.same("order hash", self.order_hash, v["orderHash"])
        t.same("subject", H("orderSubject", b(v["subject"]["salt"]), self.check_in), v["subject"]["hash"])
        t.same("order's subject", order["subject"], v["subject"]["hash"])
        dossier = t.accepts("dossier", lambda: decode("Dossier", b(v["dossier"]["bytes"])))
        t.same("dossier's check-in", dossier["checkIn"], self.check_in.hex())
        t.same("dossier's salt", dossier["salt"], v["subject"]["salt"])
        t.same("dossier hash", H("dossier", b(v["dossier"]["bytes"])), v["dossier"]["hash"])

    def check_approvals(self):
        v, t = self.v, self.t
        keys = self.world.parameters["trusteeKeys"]
        scope = {
            "orderHash": self.order_hash,
            "caseId": self.order["caseId"],
            "from": self.order["issuedAt"] - CLOCK_SECONDS,
            "to": self.order["expiresAt"],
        }
        approvals, needed = [b(a) for a in v["approvals"]], self.world.parameters["threshold"]
        members, self.approvals = t.accepts("approvals", lambda: verify_approvals(scope, approvals, keys, needed))
        t.same("set", members, self.set)
        for approval in self.approvals:
            t.same("approved dossier", approval["dossierHash"], v["dossier"]["hash"])

    def check_log(self):
        v, t = self.v, self.t
        entries = [b(e) for e in v["logEntries"]]
        logged = {(e["kind"], e["subject"], e["caseId"], e["body"]) for e in (decode("LogEntry", e) for e in entries)}
        case_id = self.order["caseId"]
        expected = {("order", self.order_hash, case_id, b"")}
        for data, approval in zip(v["approvals"], self.approvals, strict=True):
            card = approval["officerCard"]
            expected.add(("approval", H("approval", b(data)), case_id, b""))
            expected.add(("officer", H("officerCard", card), None, card))
        t.same("log entries", logged, expected)
        keys = enumerate(self.world.parameters["trusteeKeys"], 1)
        witnesses = {f"symbolon/trustee-{i}": key for i, key in keys}
        note, log, quorum = v["checkpoint"], read_vkey(v["logVkey"]), len(self.set)
        size, root, times = t.accepts("head", lambda: verify_head(note, log, witnesses, quorum))
        t.same("size", size, len(entries))
        t.same("root", root, root_of(entries).hex())
        t.same("cosigners", sorted(times), [f"symbolon/trustee-{i}" for i in self.set])
        t.same("checkpoint hash", H("checkpoint", open_note(note)[0]), v["checkpointHash"])

    def check_contexts(self, kind, contexts, subject):
        """Every field but the bundle's nonce, which has one value in the case."""
        scope = (
            []
            if kind == "trace"
            else [
                {"epoch": e, "slots": self.world.parameters["slots"], "paramsHash": self.world.params_hash}
                for e in range(self.order["epochFrom"], self.order["epochTo"] + 1)
            ]
        )
        for i, data in zip(self.set, contexts, strict=True):
            context, _ = self.t.accepts("context", lambda: case_context(b(data)))
            self.nonce = getattr(self, "nonce", context["nonce"])
            expected = {
                "kind": kind,
                "caseId": self.order["caseId"],
                "orderHash": self.order_hash,
                "keySetId": self.world.parameters["keySetId"],
                "shareGeneration": self.order["shareGeneration"],
                "scope": scope,
                "requesterKey": self.certificate["signKey"],
                "subjectHash": subject,
                "nonce": self.nonce,
                "set": self.set,
                "trustee": i,
                "expiresAt": self.order["expiresAt"],
                "checkpoint": b(self.v["checkpointHash"]),
            }
            self.t.same(f"{kind} context", context, expected)

    def at(self, key, context, i, entry):
        """What the verifier of member i's share knows."""
        link = self.v["link"]
        return {
            "ctx": case_context(b(context))[1],
            "set": entry.get("set", self.set),
            "index": self.set[i],
            "shareKey": decode_g1(b(entry.get("shareKey", self.v["shareKeys"][key][self.set[i] - 1]))),
            "F1": decode_g1(b(entry.get("F1", link["F1"]))),
            "F2": decode_g1(b(entry.get("F2", link["F2"]))),
        }


def check_shares(t, part, verify):
    """Verifies the members' shares, and refuses each entry of `refused`, an edit of the first share."""
    shares = []
    for i, data in enumerate(part["shares"]):
        shares.append(t.accepts(f"share {i + 1}", lambda: verify(i, part["contexts"][i], {}, b(data))))
    for entry in part["refused"]:
        context = entry.get("context", part["contexts"][0])
        t.refuses(entry, lambda: verify(0, context, entry, changed(part["shares"][0], entry.get("share"))))
    return shares


def check_link(case, t, link):
    t.same("F1", case.visit["C"][0].encode(), link["F1"])
    t.same("F2", case.visit["C"][2].encode(), link["F2"])
    case.check_contexts("link", link["contexts"], case.presentation_hash)

    def verify(i, context, entry, data):
        slots = entry.get("slots", link["slots"])
        bases = [tag_base(b(s["paramsHash"]), s["epoch"], s["slot"]) for s in slots]
        return verify_link_share(case.at("link", context, i, entry), bases, data)

    shares = check_shares(t, link, verify)
    for n, recorded in enumerate(link["indexValues"]):
        t.same("index value", index_value(combine_partials([s["values"][n] for s in shares])), recorded)
    for session in link["sessions"]:
        t.same("session", session["indexValue"], link["indexValues"][session["slot"]])


def check_notice(case, t, notice):
    case.check_contexts("notice", notice["contexts"], case.presentation_hash)
    case_id = b(notice["caseId"])

    def verify(i, context, entry, data):
        base = notice_base(b(entry.get("caseId", notice["caseId"])))
        return verify_notice_share(case.at("link", context, i, entry), base, data)

    shares = check_shares(t, notice, verify)
    kappa = encode_gt(combine_partials([s["value"] for s in shares]))
    t.same("κ", kappa, notice["kappa"])
    t.same("the wallet's κ", encoded_kappa(decode_scalar(b(notice["z"])), case_id), notice["kappa"])
    t.same("mac", notice_mac(kappa, case_id), notice["mac"])
    content, several = b(notice["content"]), notice["several"]
    t.same("notice", body_of([kappa], case_id, content), notice["body"])
    theirs = [encoded_kappa(decode_scalar(b(z)), case_id) for z in several["z"]]
    t.same("notice of several", body_of([*theirs, kappa], case_id, content), several["body"])
    read = decode("NoticeContent", content)
    for k in (kappa, *theirs):
        t.same("content", open_notice(k, case_id, b(several["body"])), read)
    t.same("content", open_notice(kappa, case_id, b(notice["body"])), read)
    t.same("another's notice", [open_notice(k, case_id, b(notice["body"])) for k in theirs], [None, None])


def check_trace(case, t, trace):
    c1, c2 = trace["C1"], trace["C2"]
    t.same("C1, C2", [case.visit["C"][n].encode().hex() for n in (0, 1)], [c1, c2])
    case.check_contexts("trace", trace["contexts"], H("traceSubject", b(c1), b(c2)))

    def verify(i, context, entry, data):
        return verify_trace_share(case.at("trace", context, i, entry), decode_g1(b(entry.get("C1", c1))), data)

    shares = check_shares(t, trace, verify)
    r = decode_g1(b(c2)) - combine_points(case.set, shares, "D")
    t.same("R", r.encode(), trace["R"])


def check(v, t, others):
    case = Case(v, t, others)
    case.check_order()
    case.check_approvals()
    case.check_log()
    for name in ("link", "trace"):
        points = [decode_g1(b(key)) for key in v["shareKeys"][name]]
        key = decode_g1(case.world.parameters[f"{name}Key"])
        t.same(f"share keys of {name}", interpolates(key, points, case.world.parameters["threshold"]), True)
    check_link(case, t, v["link"])
    check_notice(case, t, v["notice"])
    check_trace(case, t, v["trace"])
    t.same("traced handle", v["trace"]["R"], others("credential")["handles"]["R"])
