"""The fields of BLS12-381: Fp, and Fp2 = Fp[u]/(u² + 1)."""

P = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB


class Fp:
    __slots__ = ("n",)

    def __init__(self, n):
        self.n = n % P

    def __add__(self, o):
        return Fp(self.n + o.n)

    def __sub__(self, o):
        return Fp(self.n - o.n)

    def __mul__(self, o):
        return Fp(self.n * o.n)

    def __neg__(self):
        return Fp(-self.n)

    def __eq__(self, o):
        return self.n == o.n

    def times(self, k):
        return Fp(self.n * k)

    def is_zero(self):
        return self.n == 0

    def inverse(self):
        return Fp(pow(self.n, -1, P))

    def sqrt(self):
        """A root, or None. p = 3 mod 4."""
        root = Fp(pow(self.n, (P + 1) // 4, P))
        return root if root * root == self else None

    def sgn0(self):
        return self.n & 1

    def coordinates(self):
        """Big-endian order of the encoding: the most significant coordinate first."""
        return (self.n,)


class Fp2:
    __slots__ = ("a", "b")

    def __init__(self, a, b):
        self.a = a % P
        self.b = b % P

    def __add__(self, o):
        return Fp2(self.a + o.a, self.b + o.b)

    def __sub__(self, o):
        return Fp2(self.a - o.a, self.b - o.b)

    def __mul__(self, o):
        aa, bb = self.a * o.a, self.b * o.b
        return Fp2(aa - bb, (self.a + self.b) * (o.a + o.b) - aa - bb)

    def __neg__(self):
        return Fp2(-self.a, -self.b)

    def __eq__(self, o):
        return self.a == o.a and self.b == o.b

    def times(self, k):
        return Fp2(self.a * k, self.b * k)

    def is_zero(self):
        return self.a == 0 and self.b == 0

    def inverse(self):
        norm = pow(self.a * self.a + self.b * self.b, -1, P)
        return Fp2(self.a * norm, -self.b * norm)

    def sqrt(self):
        """A root, or None. (x + y·u)² = a + b·u means x² = (a ± √(a² + b²))/2 and y = b/2x."""
        if self.b == 0:
            root = Fp(self.a).sqrt()
            return Fp2(root.n, 0) if root else Fp2(0, Fp(-self.a).sqrt().n)
        norm = Fp(self.a * self.a + self.b * self.b).sqrt()
        if norm is None:
            return None
        half = (P + 1) // 2
        for sign in (1, -1):
            x = Fp((self.a + sign * norm.n) * half).sqrt()
            if x is not None and not x.is_zero():
                root = Fp2(x.n, self.b * half * pow(x.n, -1, P))
                return root if root * root == self else None
        return None

    def sgn0(self):
        return self.a & 1 or (self.a == 0 and self.b & 1)

    def coordinates(self):
        return (self.b, self.a)
