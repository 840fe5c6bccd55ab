"""Vector files: how they are read, and how a file's checks are counted.

Every object remembers which of its keys were read. A key that no check read is a difference, so a new kind of vector
cannot stand in a file unseen.
"""

import json

from curve import Refused


class Tracked(dict):
    def __init__(self, pairs):
        super().__init__(pairs)
        self.read = set()

    def __getitem__(self, key):
        self.read.add(key)
        return super().__getitem__(key)

    def get(self, key, default=None):
        self.read.add(key)
        return super().get(key, default)


def load(path):
    return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=Tracked)


def mark_read(value):
    """All of this value counts as read."""
    if isinstance(value, Tracked):
        value.read.update(value)
    for inner in value.values() if isinstance(value, Tracked) else value if isinstance(value, list) else ():
        mark_read(inner)


def unread(value, path):
    if isinstance(value, Tracked):
        for key, inner in value.items():
            yield from unread(inner, f"{path}.{key}") if key in value.read else [f"{path}.{key}"]
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from unread(inner, f"{path}[{i}]")


def b(text):
    return bytes.fromhex(text)


def changed(base, edit):
    """An edit of the vector beside it: remove bytes at `at`, then put `insert`. Without an edit, the vector itself."""
    data = b(base) if isinstance(base, str) else base
    if edit is None:
        return data
    at = edit["at"]
    return data[:at] + b(edit["insert"]) + data[at + edit["remove"] :]


class Tally:
    def __init__(self):
        self.passed, self.differences = 0, []

    def same(self, what, got, recorded):
        mark_read(recorded)
        if isinstance(got, bytes):
            got = got.hex()
        if got == recorded:
            self.passed += 1
        else:
            self.differences.append(f"{what}: {str(got)[:80]}, recorded {str(recorded)[:80]}")

    def accepts(self, what, act):
        """The result of an act that must not refuse."""
        try:
            result = act()
        except Refused as refused:
            self.differences.append(f"{what}: refused ({refused})")
            return None
        self.passed += 1
        return result

    def refuses(self, entry, act, reason=None):
        """The act must refuse, and for the recorded reason if the vector has one."""
        reason = reason or entry.get("reason")
        what = " ".join(str(entry.get(k)) for k in ("class", "field", "what", "name", "kind") if k in entry)
        try:
            act()
        except Refused as refused:
            if reason is None or refused.reason == reason:
                self.passed += 1
            else:
                self.differences.append(f"{what}: refused as {refused}, recorded {reason}")
            return refused
        self.differences.append(f"{what}: accepted")
        return None
