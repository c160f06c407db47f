"""LNSR against closed forms, brute force, and the contract."""

from steadytune import LNSR
from steadytune.testing import RegularizerContract


class TestContract(RegularizerContract):
    method = LNSR(strength=3.0, std=0.1)
    neutral = LNSR(strength=0.0)


class TestContractOfRows(RegularizerContract):
    method = LNSR(strength=3.0, std=0.1, layer=1, rows=0.5, noise="in-manifold")
    neutral = LNSR(strength=0.0, rows=0.5)
    per_example = False
