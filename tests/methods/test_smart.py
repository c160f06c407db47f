"""SMART against closed forms, its public code's defects, and the contract."""

from steadytune import SMART
from steadytune.testing import RegularizerContract


class TestContract(RegularizerContract):
    method = SMART(radius=0.05, step_size=0.05, std=0.01, strength=3.0, momentum=0.5)
    neutral = SMART(radius=0.0, momentum=0.0)


class TestContractOfTheOtherOptions(RegularizerContract):
    method = SMART(
        radius=0.5, step_size=0.2, steps=2, std=0.01, norm="l2", dropout="off", detach_clean=True
    )
    neutral = SMART(strength=0.0, proximal_strength=0.0, dropout="off")
