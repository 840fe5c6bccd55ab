"""One Parameters document with its hash, and the issuer's bases for the header of a p_e."""

from functools import cache, cached_property

from bbs import Issuer
from codec import decode
from hashes import H
from vectors import b


class World:
    def __init__(self, data):
        self.parameters = decode("Parameters", data)
        self.params_hash = H("paramsHash", data)

    @staticmethod
    def of(others):
        """The one deployment that all files share."""
        return world_of(b(others("credential")["parameters"]))

    def covers(self, epoch):
        return self.parameters["epochFrom"] <= epoch <= self.parameters["epochTo"]

    @cache  # noqa: B019 (a few worlds per process)
    def issuer_of(self, params_hash):
        return Issuer(self.parameters, params_hash)

    @cached_property
    def issuer(self):
        return self.issuer_of(self.params_hash)


@cache
def world_of(data):
    return World(data)
