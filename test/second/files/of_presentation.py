"""presentation.json: a check-in, its presentation, tag and instance bytes, TID, index value, continuity."""

from check_in import check_in_context, verify_check_in, verify_continuity
from codec import decode
from curve import decode_g2
from hash_to_curve import tag_base
from hashes import H
from openings import session_index_value
from presentation import verify_presentation
from sigma import instance
from tid import read_tid, tid_of
from vectors import b, changed
from world import World


def check_visit(t, visit, verified):
    t.same("tag hash", verified["tagHash"], visit["tagHash"])
    t.same("TID", tid_of(verified["tagHash"]), visit["tid"])
    t.same("TID", t.accepts("TID", lambda: read_tid(visit["tid"])), visit["tid"])
    t.same("index value", session_index_value(verified["T"]), visit["indexValue"])


def check(v, t, others):
    world = World.of(others)

    def verify(entry):
        policy = {name: entry.get(name, v[name]) for name in ("epoch", "slots", "maxStaleEpochs")}
        tag_hash = b(entry.get("tagParamsHash", world.params_hash.hex()))
        issuer = world.issuer_of(b(entry.get("credentialParamsHash", world.params_hash.hex())))
        data = changed(v["presentation"], entry.get("presentation"))
        return verify_presentation(issuer, world.issuer, tag_hash, policy, b(entry.get("context", v["context"])), data)

    verified = t.accepts("presentation", lambda: verify({}))
    t.same("shown", verified["shown"], v["shown"])
    t.same("tag", verified["tag"], v["tag"])
    t.same("instance", instance(verified["statement"]), v["instance"])
    check_visit(t, v, verified)
    for entry in v["refused"]:
        t.refuses(entry, lambda: verify(entry))
    for entry in v["undecodable"]:
        t.refuses(entry, lambda: decode("Presentation", changed(v["presentation"], entry["presentation"])))

    def check_in(data):
        return verify_check_in(world, world, data)

    first = t.accepts("check-in", lambda: check_in(b(v["checkIn"])))
    t.same("challenge", first["checkIn"]["challenge"], v["challenge"])
    t.same("presentation", first["checkIn"]["presentation"], v["presentation"])
    t.same("context", check_in_context(first["checkIn"]), v["context"])
    t.same("presentation hash", H("presentation", b(v["checkIn"])), v["presentationHash"])
    t.same("service id", first["challenge"]["serviceId"], v["serviceId"])
    second = t.accepts("second visit", lambda: check_in(b(v["secondVisit"]["checkIn"])))
    check_visit(t, v["secondVisit"], second)
    for entry in v["refusedCheckIns"]:
        t.refuses(entry, lambda: check_in(changed(v["checkIn"], entry.get("checkIn"))))

    document, c = verified["document"], v["continuity"]
    base, T = tag_base(world.params_hash, document["tagEpoch"], document["slot"]), decode_g2(document["T"])

    def continuity(entry):
        service, presentation = (b(entry.get(name, v[name])) for name in ("serviceId", "presentationHash"))
        data = changed(c["document"], entry.get("document"))
        return verify_continuity(data, T, base, entry.get("realm", c["realm"]), service, presentation)

    t.accepts("continuity", lambda: continuity({}))
    for entry in c["refused"]:
        t.refuses(entry, lambda: continuity(entry))
