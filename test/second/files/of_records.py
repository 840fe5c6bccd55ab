"""records.json: the trustees' stanza, shares and file key of a record; the hybrid seal; padding."""

from curve import decode_g1
from hashes import sha256
from key_set import interpolates
from openings import case_context, combine_points, verify_record_share
from records import bucket, file_key, open_stanza, pad, stanza_label, unpad, verify_ciphertext
from vectors import b, changed
from world import World
from xwing import check_receiver, hybrid_open, public_key


def check(v, t, others):
    secret, key = b(v["groupHybridSecret"]), decode_g1(b(v["recordKey"]))
    label, members = b(v["label"]), others("openings")["set"]
    place = {name: b(v["place"][name]) for name in ("serviceId", "tagHash", "recordId", "keySetId")}
    t.same("stanza label", stanza_label(place), v["label"])
    ciphertext, ct = t.accepts("stanza", lambda: open_stanza(secret, key, label, b(v["stanza"])))
    t.same("ciphertext", ciphertext, v["ciphertext"])
    world, shares = World.of(others), []
    t.same("record key", key.encode(), world.parameters["recordKey"].hex())
    share_keys = [decode_g1(b(k)) for k in v["shareKeys"]]
    t.same("share keys", interpolates(key, share_keys, world.parameters["threshold"]), True)
    for i, context, data in zip(members, v["contexts"], v["shares"], strict=True):
        read, ctx = case_context(b(context))
        t.same("context", [read["kind"], read["trustee"], read["subjectHash"]], ["record", i, sha256(b(v["stanza"]))])
        at = {"ctx": ctx, "index": i, "shareKey": share_keys[i - 1]}
        share = t.accepts("share", lambda: verify_record_share(at, decode_g1(ct["u"]), b(data)))
        shares.append(share)
    shared = combine_points(members, shares, "point")
    t.same("r·Y_rec", shared.encode(), v["shared"])
    t.same("file key", t.accepts("file key", lambda: file_key(key, label, ct, shared)), v["fileKey"])
    for entry in v["refusedCiphertexts"]:
        under, place_label = decode_g1(b(entry.get("key", v["recordKey"]))), b(entry.get("label", v["label"]))
        data = changed(v["ciphertext"], entry.get("ciphertext"))
        t.refuses(entry, lambda: verify_ciphertext(under, place_label, data))
    for entry in v["refusedStanzas"]:
        place_label, data = b(entry.get("label", v["label"])), changed(v["stanza"], entry.get("stanza"))
        t.refuses(entry, lambda: open_stanza(secret, key, place_label, data), "stanza-refused")

    hybrid, padding = v["hybrid"], v["padding"]
    seed = b(hybrid["seed"])
    t.same("public key", public_key(seed), hybrid["publicKey"])
    t.accepts("receiver", lambda: check_receiver(b(hybrid["publicKey"])))
    opened = t.accepts("seal", lambda: hybrid_open(seed, b(hybrid["aad"]), b(hybrid["sealed"])))
    t.same("plaintext", opened, hybrid["plaintext"])
    for entry in hybrid["refused"]:
        aad, data = b(entry.get("aad", hybrid["aad"])), changed(hybrid["sealed"], entry.get("sealed"))
        t.refuses(entry, lambda: hybrid_open(seed, aad, data))
    t.same("padding", pad(b(padding["data"])), padding["padded"])
    t.same("data", t.accepts("padding", lambda: unpad(b(padding["padded"]))), padding["data"])
    for length in padding["lengths"]:
        t.same("bucket", bucket(5 + length["data"]), length["padded"])
    for entry in padding["refused"]:
        t.refuses(entry, lambda: unpad(changed(padding["padded"], entry.get("padded"))))
