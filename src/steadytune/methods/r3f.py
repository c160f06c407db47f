"""R3F and R4F: robust representations through regularised fine-tuning (Aghajanyan et al., 2021)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import ClassVar, Literal

from torch import Tensor

from .. import functional
from .._checks import check_at_least, check_choice, check_pattern
from .._model.trace import Dropout
from .._step.dose import check_dose
from .._step.perturbation import warn_below_half_precision, zero_perturbation
from .._step.prediction import divergence, prediction_of
from .._step.regularizer import Host, Penalty
from .._step.spectral_head import spectrally_normalised_head
from .._step.step import Step

Distribution = Literal["gaussian", "uniform"]


@dataclass(frozen=True)
class R3F(Penalty):
    """Penalise how far noise in the word embeddings moves the prediction.

    With f the model's prediction, x the word embeddings and d a divergence:

        loss = task + strength * mean_i d(f(x_i + e_i), f(x_i)),    e ~ N(0, std^2 I) or uniform

    d is that of SMART: KL(P || Q) + KL(Q || P) of classes; the squared difference of a
    regression; for answers the mean of the start's and the end's over real tokens; for labels
    that hold independently and for tokens the mean over them. Pads get no noise.

    Args:
        strength: Weight of the penalty. Default: the public code's.
        std: Standard deviation of the noise per coordinate, in units of the word embeddings, whose
            own is about 0.05 in BERT and MiniLM. Our default: of the sizes tried the first whose
            penalty had any weight. At the public code's 1e-5 two passes under the same masks hardly
            differ.
        noise: `gaussian`, or `uniform` of the same standard deviation, on +-sqrt(3) * std.
        dropout: The noisy pass's masks: `shared` repeats the clean pass's, so that the noise alone
            makes a difference; `fresh`, as in the public code, draws others, whose effect outweighs
            that of small noise by far: then it is R-Drop in all but name; `off` compares two passes
            without dropout, at the cost of one more.
        detach_clean: Whether to treat f(x_i) as a constant.
        dose: In place of `strength`: the size of the penalty's gradient relative to the task's,
            measured on the first 16 steps, which are plain (`Penalty`).

    Cost: one more forward and backward pass, so twice a plain step in time and in memory for
    activations.

    Composes with every other method. In `[R3F(), FreeLB()]` the noise is added to the perturbed
    points.

    Differs from the public code: dropout masks are shared by default; pads stay as they are;
    regressions and answers are compared too, where there regressions get no penalty; the noisy
    pass has a gradient in the embeddings, as their definition has; the default noise is larger.

    Reference: Aghajanyan, Shrivastava, Gupta, Goyal, Zettlemoyer, Gupta: Better Fine-Tuning by
    Reducing Representational Collapse, ICLR 2021, arXiv 2008.03156.
    """

    strength: float = 1.0
    std: float = 3e-2
    noise: Distribution = "gaussian"
    dropout: Dropout = "shared"
    detach_clean: bool = False
    dose: float | None = None

    needs_embeddings: ClassVar[bool] = True
    takes_unlabelled: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_at_least("strength", self.strength, 0)
        check_at_least("std", self.std, 0)
        check_choice("noise", self.noise, ("gaussian", "uniform"))
        check_choice("dropout", self.dropout, ("shared", "fresh", "off"))
        check_dose(self)

    def passes(self, depth: int) -> float:
        """A second forward and backward pass is made."""
        return 2

    @contextmanager
    def measure(self, host: Host) -> Iterator[Callable[[Step], Tensor]]:
        """The penalty on a step of the host's model."""
        yield self._penalty

    def _penalty(self, step: Step) -> Tensor:
        still = prediction_of(step, step.unperturbed(self.dropout))
        moved = step.forward(self._noise(step), dropout=self.dropout, name="noisy")
        return divergence(
            prediction_of(step, moved), still.detach() if self.detach_clean else still
        ).mean()

    def _noise(self, step: Step) -> Tensor:
        warn_below_half_precision(step, self.std)
        shape = zero_perturbation(step)
        if self.noise == "gaussian":
            unit = step.normal_like(shape, "noise")
        else:
            unit = functional.uniform_of_unit_variance(step.uniform_like(shape, "noise"))
        return functional.on_real_tokens(self.std * unit, step.embedding_mask(shape))


@dataclass(frozen=True)
class R4F(Penalty):
    """R3F under a head whose last layer has the spectral norm 1.

    With W the weight of the head's last layer and s(W) its largest singular value:

        logits = W / s(W) h + bias,    loss = task + strength * mean_i d(f(x_i + e_i), f(x_i))

    so that large weights of the head cannot make up for a representation that moves little. The
    weight is divided by s(W) when the method is attached and after every optimizer step, and its
    gradient is that of W / s(W). The function is that of a division in the forward pass, and the
    gradient has its direction; but the steps of the head do not get smaller as W grows, since W
    does not. The model is plain when it is saved. It acts around the optimizer step, so that a loop
    of one's own calls `objective.connect(optimizer)`.

    Args:
        strength: Weight of the penalty. Default: the public code's.
        std: Standard deviation of the noise per coordinate. Our default: that of R3F.
        noise: `gaussian`, or `uniform` of the same standard deviation.
        dropout: The noisy pass's masks: `shared`, `fresh` or `off`, as in R3F.
        detach_clean: Whether to treat f(x_i) as a constant.
        head: Regular expression for the names of the head's parameters; None for those outside of
            the pretrained part.
        dose: In place of `strength`: the size of the penalty's gradient relative to the task's,
            measured on the first 16 steps, whose head is normalised already (`Penalty`).

    Cost: that of R3F, and one singular value decomposition of W (classes, width) for each backward
    pass and each optimizer step.

    Composes with every other method that leaves the head's last layer as it is.

    Differs from the public code: as R3F does; that one divides in the forward pass by an estimate,
    which is exact here, and saves the weight before the division.

    Reference: Aghajanyan, Shrivastava, Gupta, Goyal, Zettlemoyer, Gupta: Better Fine-Tuning by
    Reducing Representational Collapse, ICLR 2021, arXiv 2008.03156.
    """

    strength: float = 1.0
    std: float = 3e-2
    noise: Distribution = "gaussian"
    dropout: Dropout = "shared"
    detach_clean: bool = False
    head: str | None = None
    dose: float | None = None

    needs_embeddings: ClassVar[bool] = True
    takes_unlabelled: ClassVar[bool] = True
    can_pause: ClassVar[bool] = False  # the head is normalised throughout

    def __post_init__(self) -> None:
        self._noise_penalty()
        if self.head is not None:
            check_pattern("head", self.head)

    def passes(self, depth: int) -> float:
        """A second forward and backward pass is made."""
        return 2

    @contextmanager
    def measure(self, host: Host) -> Iterator[Callable[[Step], Tensor]]:
        """The penalty on a step of the host's model, whose head is normalised meanwhile.

        Raises:
            ConfigError: If the head has no linear layer that is trained.
        """
        with (
            spectrally_normalised_head(host, self.head),
            self._noise_penalty().measure(host) as penalty,
        ):
            yield penalty

    def _noise_penalty(self) -> R3F:
        """The part without the head; making it checks its options."""
        return R3F(**{option.name: getattr(self, option.name) for option in fields(R3F)})
