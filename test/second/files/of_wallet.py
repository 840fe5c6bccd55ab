"""wallet.json: words to keys, claims, channel keys and frames, signed requests."""

import ed25519
from codec import decode
from curve import scalar_bytes
from messages import Receiver, channel_info, channel_keys, verify_request
from vectors import b, changed
from wallet import age_keys, check_words, claim_key, holder_secrets, open_claim, session_seed, wallet_root


def check_keys(v, t):
    root = t.accepts("words", lambda: wallet_root(v["words"]))
    t.same("root", root, v["root"])
    for phone in v["generations"]:
        secrets = holder_secrets(root, phone["generation"], b(phone["salt"]), v["epoch"])
        t.same("k, z, s", [scalar_bytes(x).hex() for x in secrets], [phone[name] for name in "kzs"])
    first = v["generations"][0]
    for session in v["sessions"]:
        phone = (first["generation"], b(first["salt"]), v["epoch"], session["slot"])
        age = age_keys(session_seed(root, "age", *phone))
        t.same("age", list(age), [session["ageIdentity"], session["ageRecipient"]])
        t.same("auth", ed25519.public_key(session_seed(root, "auth", *phone)), session["authKey"])
    for entry in v["refusedWords"]:
        t.refuses(entry, lambda: check_words(entry["words"]), entry["class"])
    return root


def check_claims(claims, t, key):
    t.same("key", key, claims["key"])
    for claim in claims["claims"]:
        place = (b(claims["serviceId"]), b(claim["tagHash"]))
        content = t.accepts("claim", lambda: open_claim(key, *place, b(claim["claim"])))
        told = {name: claim[name] for name in ("generation", "epoch", "slot")} | {"salt": b(claim["salt"])}
        t.same("content", content, told)
    for entry in claims["refused"]:
        place = (b(entry["serviceId"]), b(entry["tagHash"]))
        t.refuses(entry, lambda: open_claim(key, *place, b(entry["claim"])))


def check_channel(channel, t, check_in):
    t.same("enc", check_in["hpkeEnc"], channel["enc"])
    context, tag_hash = channel_info(check_in), b(channel["tagHash"])
    t.same("context", context, channel["context"])
    keys = channel_keys(b(channel["servicePrivateKey"]), b(channel["enc"]), context, tag_hash)
    t.same("keys", [k.hex() for k in keys], [channel["walletToService"], channel["serviceToWallet"]])
    service = Receiver(keys[0], 0, tag_hash)
    for sent in channel["sent"]:
        t.same("message", t.accepts("frame", lambda: service.receive(b(sent["frame"]))), sent["message"])
    for sent in channel["sent"]:
        t.refuses({"class": "again"}, lambda: service.receive(b(sent["frame"])), "replayed")
    wallet, replied = Receiver(keys[1], 1, tag_hash), channel["replied"]
    t.same("reply", t.accepts("frame", lambda: wallet.receive(b(replied["frame"]))), replied["message"])
    for entry in channel["refused"]:
        data = changed(channel["sent"][0]["frame"], entry["frame"])
        t.refuses(entry, lambda: Receiver(keys[0], 0, tag_hash).receive(data), entry["class"])


def check_requests(requests, t):
    def verify(at):
        return verify_request(at["method"], at["url"], b(at["body"]), at["header"], at["now"])

    key = t.accepts("request", lambda: verify(requests))
    t.same("key", key, ed25519.public_key(b(requests["secretKey"])).hex())
    for entry in requests["refused"]:
        t.refuses(entry, lambda: verify(entry))


def check(v, t, others):
    root = check_keys(v, t)
    check_claims(v["claims"], t, claim_key(root))
    check_channel(v["channel"], t, decode("CheckIn", b(others("presentation")["checkIn"])))
    check_requests(v["requests"], t)
