"""Σ k·Q in any group, with shared doublings and windows of 4 bits. All is public, so the time may depend on k."""


def combine(terms, add, double):
    """Σ k·Q for (k, Q) with k ≥ 0, which is not reduced; None if nothing is added."""
    tables = []
    for k, q in terms:
        table = [None, q]
        while len(table) < min(16, k + 1):
            table.append(add(table[-1], q))
        tables.append((k, table))
    total = None
    longest = max((k.bit_length() for k, _ in terms), default=0)
    for shift in range((longest + 3) // 4 * 4 - 4, -1, -4):
        for _ in range(4 if total is not None else 0):
            total = double(total)
        for k, table in tables:
            digit = k >> shift & 15
            if digit:
                total = table[digit] if total is None else add(total, table[digit])
    return total
