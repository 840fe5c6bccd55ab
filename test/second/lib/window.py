"""The sliding window of received sequence numbers (SPEC, section 7; RFC 4303, RFC 6479)."""

from curve import Refused

WINDOW, LIMIT = 8128, 2**64 - 2**13 - 1


class Window:
    def __init__(self):
        self.seen, self.highest = set(), -1

    def check(self, seq):
        if seq >= LIMIT:
            raise Refused("limit")
        if seq < self.highest - WINDOW:
            raise Refused("too-old")
        if seq in self.seen:
            raise Refused("replayed")

    def move(self, seq):
        """Only after the frame was authentic."""
        self.seen.add(seq)
        self.highest = max(self.highest, seq)
