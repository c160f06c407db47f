"""The theory behind LNSR, checked in numbers: python examples/theory_check.py

Four checks; docs/evidence/theory.md says what each one shows. They take about half a minute on two
cores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.func import hessian, jacfwd, jacrev

from steadytune import LNSR, Step, attach
from steadytune.diagnostics import jacobian_norms, noise_profile
from steadytune.testing import tiny_classifier

SENTENCES = (
    "The plot is thin but the cast makes up for it.",
    "A dull and predictable film.",
    "I would watch it again tomorrow, and the day after.",
    "Nobody asked for this sequel.",
)

Function = Callable[[Tensor], Tensor]


# --- 1. E R on a small net, with the terms of fourth order -----------------------------------


@dataclass(frozen=True)
class Expansion:
    """E R = E ||f(x + e) - f(x)||^2 for e ~ N(0, sigma^2 I), simulated and expanded."""

    sigma: float
    simulated: float
    error: float
    second_order: float  # sigma^2 ||J||_F^2
    fourth_order: float  # with the terms of sigma^4


def small_net(seed: int) -> tuple[Function, Tensor]:
    """A random net with one hidden layer, from 4 inputs to 3 logits, and a point."""
    draws = torch.Generator().manual_seed(seed)
    first, second, bias, point = (
        torch.randn(*shape, generator=draws, dtype=torch.float64)
        for shape in ((8, 4), (3, 8), (8,), (4,))
    )

    def net(x: Tensor) -> Tensor:
        return torch.tanh(x @ first.T + bias) @ second.T

    return net, point


def expansions(sigmas: tuple[float, ...] = (0.02, 0.05, 0.1, 0.2)) -> list[Expansion]:
    """E R against its expansion, at one point of the small net."""
    net, x = small_net(seed=0)
    gradient, curvature, third = jacrev(net)(x), hessian(net)(x), jacfwd(hessian(net))(x)
    trace = curvature.diagonal(dim1=1, dim2=2).sum(-1)
    # sum_i g_i sum_j T_ijj: the gradient times that of the Laplacian.
    mixed = (gradient * third.diagonal(dim1=2, dim2=3).sum(-1)).sum()
    fourth = (trace.square() / 4).sum() + curvature.square().sum() / 2 + mixed
    second = gradient.square().sum()
    found = []
    for sigma in sigmas:
        values = simulated_penalty(net, x, sigma)
        found.append(
            Expansion(
                sigma,
                values.mean().item(),
                values.std().item() / len(values) ** 0.5,
                (sigma**2 * second).item(),
                (sigma**2 * second + sigma**4 * fourth).item(),
            )
        )
    return found


def simulated_penalty(net: Function, x: Tensor, sigma: float, draws: int = 200_000) -> Tensor:
    """Draws of R; each is the mean over a noise and its opposite, which lowers the variance."""
    noise = sigma * normal(draws, len(x), seed=1)
    moved = torch.stack([net(x + noise), net(x - noise)]) - net(x)
    return moved.square().sum(-1).mean(0)


# --- 2. E R on MiniLM, against the Jacobian norm by probes -------------------------------------


@dataclass(frozen=True)
class ProbeComparison:
    """Mean squared displacement of the top layer over sigma^2 ||J||_F^2: 1 where theory holds."""

    layer: int
    relative_noise: float
    ratio: float
    error: float


def minilm_comparisons(
    layers: tuple[int, ...] = (0, 3, 5),
    sizes: tuple[float, ...] = (0.01, 0.05, 0.2),
    draws: int = 8,
    probes: int = 12,
) -> list[ProbeComparison]:
    """Displacement by `noise_profile` against the norm by `jacobian_norms`, on a few sentences.

    Noise of fixed norm ||e|| on n coordinates has the variance ||e||^2 / n on each.
    """
    model, batch = minilm()
    norms = jacobian_norms(model, [batch], source=layers, probes=probes, iterations=0)
    found = []
    for place, layer in enumerate(layers):
        squared = norms.frobenius_squared[place]
        probe_error = norms.frobenius_squared_error[place] / squared
        for size in sizes:
            runs = [
                noise_profile(model, [batch], relative_noise=size, injection=[layer], seed=seed)
                for seed in range(draws)
            ]
            moved = np.stack([run.example_displacement[0] for run in runs])
            theory = moved[0, :, 0] ** 2 / norms.coordinates * squared
            ratios = moved[:, :, -1] ** 2 / theory  # (draws, sentences)
            draw_error = ratios.std(0, ddof=1) / draws**0.5
            error = np.sqrt((draw_error**2 + (ratios.mean(0) * probe_error) ** 2).sum())
            found.append(
                ProbeComparison(layer, size, float(ratios.mean()), float(error / len(squared)))
            )
    return found


def minilm() -> tuple[torch.nn.Module, dict[str, Tensor]]:
    """The pretrained encoder, and the sentences as it takes them."""
    from steadytune import Pretrained

    names = ("negative", "positive")
    model, tokenizer = Pretrained.find("minilm").with_head("classification", names, 0)
    return model.bert, dict(tokenizer(list(SENTENCES), padding=True, return_tensors="pt"))


# --- 3. Noise injection beside LNSR, by label --------------------------------------------------


@dataclass(frozen=True)
class InjectionTerms:
    """What noise adds to the cross-entropy at one label, over sigma^2, and what LNSR adds."""

    label: int
    simulated: float  # (E loss(x + e) - loss(x)) / sigma^2
    error: float
    jacobian: float  # tr(J' (diag p - pp') J) / 2, never negative
    label_dependent: float  # sum_k (p_k - y_k) laplace f_k / 2, of either sign
    lnsr: float  # E R / sigma^2, for every label the same


def injection_terms(sigma: float = 0.05) -> list[InjectionTerms]:
    """Both regularizers at one point of the small net, for every label it might have."""
    net, x = small_net(seed=4)
    gradient, curvature, probabilities = jacrev(net)(x), hessian(net)(x), net(x).softmax(-1)
    laplacian = curvature.diagonal(dim1=1, dim2=2).sum(-1)
    inner = probabilities.diag() - probabilities.outer(probabilities)
    lnsr = simulated_penalty(net, x, sigma).mean().item() / sigma**2
    noise = sigma * normal(200_000, len(x), seed=2)
    found = []
    for label in range(len(probabilities)):

        def loss(at: Tensor, label: int = label) -> Tensor:
            return -net(at).log_softmax(-1)[..., label]

        added = ((loss(x + noise) + loss(x - noise)) / 2 - loss(x)) / sigma**2
        target = torch.eye(len(probabilities), dtype=x.dtype)[label]
        found.append(
            InjectionTerms(
                label,
                added.mean().item(),
                added.std().item() / len(added) ** 0.5,
                (gradient.T @ inner @ gradient).trace().item() / 2,
                ((probabilities - target) @ laplacian).item() / 2,
                lnsr,
            )
        )
    return found


# --- 4. The Lipschitz estimate during training -------------------------------------------------


@dataclass(frozen=True)
class TrainingStage:
    """What the map from layer 0 to the top layer is like after some steps of training."""

    method: str
    step: int
    loss: float
    lipschitz: float  # largest singular value, mean over examples
    typical: float  # root mean square gain


def training_stages(steps: int = 200, every: int = 50) -> list[TrainingStage]:
    """A tiny classifier, trained from one seed on a rule of two tokens, plain and with LNSR."""
    return [
        stage
        for name, methods in (("plain", []), ("lnsr", [LNSR(strength=2.0)]))
        for stage in _trained(name, methods, steps, every)
    ]


def _trained(name: str, methods: list[LNSR], steps: int, every: int) -> Iterator[TrainingStage]:
    model = tiny_classifier(dropout=0.0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, steps)
    held_out = rule_batch(seed=10**6)
    with attach(model, methods, seed=0) as objective:
        for step in range(steps + 1):
            if step % every == 0:
                yield _stage(name, step, model, held_out)
            objective(Step(model, rule_batch(seed=step))).backward()
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()


def _stage(name: str, step: int, model: torch.nn.Module, batch: dict[str, Tensor]) -> TrainingStage:
    norms = jacobian_norms(model, [batch], source=[0], iterations=15)
    with torch.no_grad():
        loss = model(**batch).loss.item()
    return TrainingStage(name, step, loss, norms.spectral.mean().item(), norms.gain.mean().item())


def rule_batch(seed: int, examples: int = 16, tokens: int = 10) -> dict[str, Tensor]:
    """Random tokens; the label says whether token 7 comes before token 8."""
    draws = torch.Generator().manual_seed(seed)
    ids = torch.randint(10, 64, (examples, tokens), generator=draws)
    places = torch.rand(examples, tokens, generator=draws).argsort(-1)[:, :2]
    ids.scatter_(1, places, torch.tensor([[7, 8]]).expand(examples, 2))
    labels = (places[:, 0] < places[:, 1]).long()
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}


def normal(*shape: int, seed: int) -> Tensor:
    """Standard Gaussian draws in double precision."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def main() -> None:
    """Print the four tables."""
    print("1. E R on a small net: simulated, sigma^2 ||J||^2, and with the terms of sigma^4")
    for e in expansions():
        print(
            f"  sigma {e.sigma:<5g} {e.simulated:.6f} ± {e.error:.6f}   "
            f"{e.second_order:.6f}   {e.fourth_order:.6f}"
        )
    print("2. MiniLM: squared displacement of the top layer over sigma^2 ||J||^2")
    for c in minilm_comparisons():
        size = f"{100 * c.relative_noise:g} %"
        print(f"  noise {size:<5} at layer {c.layer}: {c.ratio:.3f} ± {c.error:.3f}")
    print("3. What noise injection adds to the loss by label, over sigma^2, and what LNSR adds")
    for t in injection_terms():
        print(
            f"  label {t.label}: {t.simulated:+.3f} ± {t.error:.3f} = {t.jacobian:+.3f} "
            f"{t.label_dependent:+.3f};   LNSR {t.lnsr:+.3f}"
        )
    print("4. Training: largest and typical factor from layer 0 to the top")
    for s in training_stages():
        print(
            f"  {s.method:<5} step {s.step:<3} loss {s.loss:.3f}   largest {s.lipschitz:.2f}   "
            f"typical {s.typical:.2f}"
        )


if __name__ == "__main__":
    main()
