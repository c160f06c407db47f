"""What can be seen in a model: how noise spreads through its layers."""

from .noise import NoiseProfile, noise_profile

__all__ = ["NoiseProfile", "noise_profile"]
