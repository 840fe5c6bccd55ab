"""documents.json: samples of signed and plain documents, their hashes, and edits to refuse."""

from codec import decode
from hashes import H
from signed import open_signed
from spec import LABELS
from vectors import b, changed

# The hash of each signed document, by the table "Hashes and names" of SPEC, section 3.
HASHES = {
    "Manifest": "manifest",
    "RequesterCertificate": "requester",
    "Order": "order",
    "OfficerCard": "officerCard",
    "Approval": "approval",
    "ServiceCard": "serviceCard",
}


def check(v, t, others):
    names, samples = {text: name for name, text in LABELS.items()}, {}
    for signed in v["signed"]:
        document, data = signed["document"], b(signed["bytes"])
        label = names[signed["label"]]
        t.accepts(document, lambda: open_signed(label, document, data))
        t.refuses({"class": "another label"}, lambda: open_signed("signRequest", document, data))
        if "hash" in signed:
            t.same(document, H(HASHES[document], data), signed["hash"])
        samples[document] = data, lambda data, label=label, document=document: open_signed(label, document, data)
    for plain in v["plain"]:
        document, data = plain["document"], b(plain["bytes"])
        t.accepts(document, lambda: decode(document, data))
        t.refuses({"class": "a byte more"}, lambda: decode(document, data + b"\0"), "malformed")
        samples[document] = data, lambda data, document=document: decode(document, data)
    for kind in v:
        if kind.startswith("refused"):
            data, read = samples[kind[len("refused") : -1]]
            for entry in v[kind]:
                t.refuses(entry, lambda: read(changed(data, entry["bytes"])))
