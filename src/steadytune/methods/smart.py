"""SMART: smoothness-inducing adversarial regularisation (Jiang et al., ACL 2020)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from .. import functional
from .._checks import check_at_least, check_choice, check_count
from .._exceptions import ConfigError
from .._model.trace import Dropout
from .._step.dose import check_dose
from .._step.perturbation import warn_below_half_precision, zero_perturbation
from .._step.prediction import Prediction, divergence, prediction_of
from .._step.regularizer import Host, Regularizer, Transform
from .._step.step import Step
from .._step.teacher import MomentumTeacher

# Size of the step aside, in logits. The slope is normalised, so that any small size gives the same.
_ASIDE = 1e-2

_EARLY = 0.1  # share of the training after which `late_momentum` counts


@dataclass(frozen=True)
class SMART(Regularizer):
    """Keep predictions from moving: within a ball around each token, and away from a slow teacher.

    With f the model's prediction, x the word embeddings, theta the weights and d a divergence:

        loss = task + strength * R + proximal_strength * D
        R = mean_i max_{||delta||_p <= radius, token by token} d(f(x_i + delta), f(x_i))
        D = mean_i d(f(x_i; theta), f(x_i; teacher))
        teacher <- momentum * teacher + (1 - momentum) * theta, after every optimizer step

    d is KL(P || Q) + KL(Q || P) of classes; the squared difference of a regression; the mean of
    the start's and the end's divergence over real tokens for answers; for labels that hold
    independently and for tokens, the mean over them. The maximum is searched by `steps` of

        delta <- project(delta + step_size * g / ||g||_p),  g = d/d delta of d, token by token

    from Gaussian noise. Pads are never perturbed. A term of strength 0 is left out.

    The paper's settings were not accessible: all defaults are this project's own.

    Args:
        strength: Weight of the smoothness R.
        proximal_strength: Weight of D, the Bregman proximal point. D acts around the optimizer
            step, so that a loop of one's own calls `objective.connect(optimizer)`.
        radius: Radius of the ball, in units of the word embeddings, whose coordinates have a
            standard deviation of about 0.05 in BERT and MiniLM. Tried: at 0.01 and strength 1,
            fitting a few hundred sentences already takes visibly longer.
        step_size: Length of a step of ascent, in the same norm.
        steps: Number of steps; 0 leaves the noise as it is.
        std: Standard deviation of the starting noise, per coordinate. Where the rounding of half
            precision swallows it, a random direction of the logits takes its place, so that no
            pass has to run in float32.
        norm: `linf` bounds each coordinate, `l2` the length of each token's perturbation.
        dropout: The masks of all passes: `shared` repeats the clean pass's, so that only the
            perturbation, or the teacher, makes a difference; `fresh` draws others, and the
            divergence contains their effect too; `off` compares passes without dropout, at the cost
            of one more.
        detach_clean: Whether to treat f(x_i) as a constant in R; D always has a gradient there.
        momentum: Share of the teacher that a step keeps, 0 to 1. It lags about 1 / (1 - momentum)
            steps behind, and the model cannot run far ahead of it: 0.9 suits trainings of a hundred
            steps, in which 0.99 ends before the model is confident.
        late_momentum: The same after the first tenth of the training, whose length must be known;
            None keeps `momentum` throughout. `momentum=0.99,late_momentum=0.999` suits trainings of
            thousands of steps.
        by_sides: Whether R's gradient is that of the public code, which takes the first argument
            of each of the two divergences for a constant: half of the definition's to leading
            order. For classes alone.
        dose: In place of `strength`: the size of the gradient of R relative to the task's,
            measured on the first 16 steps, which are plain (`Penalty`). D, whose gradient is zero
            at the start, has no dose: it keeps its strength, and acts from the 17th step on.

    Cost: for R, `steps` forward passes and backward passes to the embeddings alone, and one more
    forward and backward pass; for D, one forward pass. With one step that is 2.67 and 3 plain
    steps. Memory: the activations of a second pass; the teacher is a copy of the trained weights.

    Composes with every other method. In `[SMART(), FreeLB()]` the ball is around the perturbed
    points.

    Differs from public code (mt-dnn, smart-pytorch): theirs stops the gradient at one side of each
    of the two divergences, so that for the same perturbation the value is the same and the gradient
    half as large; the public code's weight 1 is `strength=0.5` here, or `by_sides=True`. The
    perturbation is projected on the ball, where theirs is scaled to maximum 1 whatever the radius;
    it enters at the word embeddings, where theirs makes position embeddings, normalisation and
    dropout act twice; pads stay as they are; regressions of shape (batch, 1) are compared example
    by example; answers are supported; R is a mean over examples; the proximal point is there. A
    step is along the normalised gradient, so that `step_size` does not depend on the slope.

    Evidence: +1.7 (-0.9 to +4.3) over four tasks, so no gain is shown; +1.5 (+0.2 to +2.9) on
    questions, a hint.

    Reference: Jiang, He, Chen, Liu, Gao, Zhao: SMART: Robust and Efficient Fine-Tuning for
    Pre-trained Natural Language Models through Principled Regularized Optimization, ACL 2020,
    arXiv 1911.03437.
    """

    strength: float = 1.0
    proximal_strength: float = 1.0
    radius: float = 3e-3
    step_size: float = 3e-3
    steps: int = 1
    std: float = 1e-3
    norm: functional.Norm = "linf"
    dropout: Dropout = "shared"
    detach_clean: bool = False
    momentum: float = 0.9
    dose: float | None = None
    late_momentum: float | None = None
    by_sides: bool = False

    needs_embeddings: ClassVar[bool] = True
    is_additive: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for name in ("strength", "proximal_strength", "radius", "step_size", "std"):
            check_at_least(name, getattr(self, name), 0)
        check_count("steps", self.steps, 0)
        check_choice("norm", self.norm, functional.NORMS)
        check_choice("dropout", self.dropout, ("shared", "fresh", "off"))
        for name in ("momentum", "late_momentum"):
            share = getattr(self, name)
            if not (share is None or 0 <= share <= 1):
                raise ConfigError(f"{name}={share!r} is not possible; expected 0 to 1")
        check_dose(self)

    @property
    def takes_unlabelled(self) -> bool:  # type: ignore[override]
        """Whether there is a smoothness to measure on them: D is of labelled examples alone."""
        return self.strength > 0

    def passes(self, depth: int) -> float:
        """In thirds: two whole passes, ascents to the embeddings, the teacher's forward pass."""
        return (6 + 2 * self.steps + (self.proximal_strength > 0)) / 3

    @contextmanager
    def attach(self, host: Host) -> Iterator[Transform]:
        """Add both terms to the objective; the teacher starts from the weights found here."""
        teacher = MomentumTeacher(host, self.momentum) if self.proximal_strength else None
        name = "smart_smoothness"
        smooth = host.penalty(name, self.strength, self.dose, logged=name)
        name = "smart_proximal"
        proximal = host.penalty(name, self.proximal_strength, takes_dose=False, logged=name)

        def transform(inner: Callable[[Step], Tensor]) -> Callable[[Step], Tensor]:
            def objective(step: Step) -> Tensor:
                loss = inner(step)
                clean = prediction_of(step, step.unperturbed(self.dropout))
                measured = smooth.strength is None
                if self.strength:
                    value = step.pooled(self._smoothness(step, clean), self._smoothness)
                    loss = smooth.add_to(loss, step, value)
                if teacher is not None:
                    teacher.momentum = self._momentum_at(step)
                if teacher is not None and not measured:
                    loss = proximal.add_to(loss, step, self._proximal(step, clean, teacher))
                return loss

            return objective

        yield transform

    def _smoothness(self, step: Step, clean: Prediction | None = None) -> Tensor:
        if clean is None:
            clean = prediction_of(step, step.unperturbed(self.dropout))
        if self.norm == "linf":
            warn_below_half_precision(step, self.radius, "radius")
        delta = self._perturbation(step, clean.detach())
        moved = prediction_of(step, step.forward(delta, dropout=self.dropout, name="smoothness"))
        still = clean.detach() if self.detach_clean else clean
        return divergence(moved, still, by_sides=self.by_sides).mean()

    def _momentum_at(self, step: Step) -> float:
        """Share of the teacher that this step keeps."""
        if self.late_momentum is None:
            return self.momentum
        if step.total_steps is None:
            raise ConfigError(
                "late_momentum begins after a tenth of a training whose length is not known; give "
                "Step(..., total_steps=...), or leave it out"
            )
        assert step.step is not None
        late = step.step >= _EARLY * step.total_steps
        return self.late_momentum if late else self.momentum

    def _proximal(self, step: Step, clean: Prediction, teacher: MomentumTeacher) -> Tensor:
        with teacher.in_place_of_model():
            taught = prediction_of(step, step.forward(dropout=self.dropout, name="proximal"))
        return divergence(clean, taught).mean()

    def _perturbation(self, step: Step, clean: Prediction) -> Tensor:
        """The worst perturbation found, (batch, tokens, width), inside the ball and 0 at pads."""
        start = zero_perturbation(step)
        mask = step.embedding_mask(start)
        delta = self._inside(self.std * step.normal_like(start, "noise"), mask)
        for number in range(self.steps):
            gradient = self._gradient(step, delta, clean, f"ascent {number}")
            direction = functional.ascent_direction(gradient, self.norm, "token")
            delta = self._inside(delta + self.step_size * direction, mask)
        return delta

    def _inside(self, delta: Tensor, mask: Tensor) -> Tensor:
        real = functional.on_real_tokens(delta, mask)
        return functional.project_to_ball(real, self.radius, self.norm, "token")

    def _gradient(self, step: Step, delta: Tensor, clean: Prediction, name: str) -> Tensor:
        """Slope of the divergence, each example's at a scale of its own.

        The weights' gradients are neither computed nor touched.
        """
        delta = delta.detach().requires_grad_()
        moved = prediction_of(step, step.forward(delta, dropout=self.dropout, name=name))
        still = _aside_where_equal(step, clean, divergence(moved, clean).detach() == 0, name)
        (gradient,) = torch.autograd.grad(_distance(divergence(moved, still)).sum(), delta)
        return torch.nan_to_num(gradient, nan=0.0, posinf=0.0, neginf=0.0)


def _distance(divergence: Tensor) -> Tensor:
    """A multiple of each example's divergence whose slope does not vanish with it.

    A divergence has a slope like its root, which float16 would lose on the way to the embeddings.
    """
    return divergence * divergence.detach().clamp(min=1e-12).rsqrt()


def _aside_where_equal(step: Step, clean: Prediction, equal: Tensor, name: str) -> Prediction:
    """The clean prediction, put a little aside for the examples whose prediction did not move.

    In half precision the starting noise is often lost in the rounding of the logits, and where
    both predictions are equal the divergence has no slope. Seen from a point a random little way
    off it has one, along which the prediction leaves the clean one in some direction.
    """
    generator = step.generator(f"{name} aside")

    def aside(logits: Tensor) -> Tensor:
        outputs = logits.shape[-1]
        noise = _ASIDE * torch.randn(outputs, generator=generator, device=logits.device)
        rows = equal.view(-1, *(1,) * (logits.dim() - 1))
        return torch.where(rows, logits + noise, logits)

    return replace(clean, logits=tuple(aside(part) for part in clean.logits))
