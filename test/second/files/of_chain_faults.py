"""chain-faults.json: chains of key sets, dealt and signed anew around one fault, and the holders of a key set."""

from chain import holders_of, walk_chain
from faults import check_entries
from key_set import verify_key_set
from vectors import b


def walked(chain, v):
    def part(name):
        return b(v["parts"][name])

    links = [(part(k["plan"]), [part(d) for d in k["deals"]], part(k["keySet"])) for k in chain["links"]]
    return walk_chain(part(chain["genesis"]), links, [b(key) for key in v["pinned"]])


def chain(entry, v):
    walked(entry, v)


def holders(entry, v):
    key_set = b(v["parts"][entry["keySet"]])
    chains = [walked(c, v) for c in entry["chains"]]
    verify_key_set(key_set, holders_of(key_set, chains, [b(key) for key in v["pinned"]]))


def check(v, t, others):
    check_entries({"chain": chain, "holders": holders}, v, t)
