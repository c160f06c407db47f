"""PyPI's smart-pytorch as a method, to time it beside ours.

pip install --no-deps smart-pytorch
python benchmarks/step_cost.py --methods smart:proximal_strength=0,public_smart:PublicSmart
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import Tensor

from steadytune import Host, Penalty, Step


@dataclass(frozen=True)
class PublicSmart(Penalty):
    """Its loss at its defaults with the symmetric KL divergence, on the shared clean pass."""

    strength: float = 1.0

    def passes(self, depth: int) -> float:
        """In thirds: the plain pass, an ascent to the embeddings, the perturbed pass."""
        return 8 / 3

    @contextmanager
    def measure(self, host: Host) -> Iterator[Callable[[Step], Tensor]]:
        """Its penalty, perturbing the word embeddings."""
        from smart_pytorch import SMARTLoss, kl_loss, sym_kl_loss

        embedding = host.find_embedding()

        def penalty(step: Step) -> Tensor:
            model, mask = step.bare_model, step.inputs["attention_mask"]
            embeddings = embedding(step.inputs["input_ids"])

            def logits(inputs: Tensor) -> Tensor:
                found: Tensor = model(inputs_embeds=inputs, attention_mask=mask).logits
                return found

            loss: Tensor = SMARTLoss(logits, kl_loss, sym_kl_loss)(embeddings, step.clean.logits)
            return loss

        yield penalty
