"""The one deployment that all vector files share: its parameters, and the issuer's bases for the header of a p_e."""

from functools import cache, cached_property

from bbs import Issuer
from codec import decode
from hashes import H
from vectors import b


class World:
    def __init__(self, others):
        credential = others("credential")
        self.data = b(credential["parameters"])
        self.parameters = decode("Parameters", self.data)
        self.params_hash = H("paramsHash", self.data)
        self.epoch = credential["epoch"]

    def covers(self, epoch):
        return self.parameters["epochFrom"] <= epoch <= self.parameters["epochTo"]

    @cache  # noqa: B019 (one world per process)
    def issuer_of(self, params_hash):
        return Issuer(self.parameters, params_hash)

    @cached_property
    def issuer(self):
        return self.issuer_of(self.params_hash)
