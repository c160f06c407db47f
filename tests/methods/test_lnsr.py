"""LNSR against closed forms, brute force, and the contract."""

from __future__ import annotations

import re
import warnings
from itertools import combinations
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import BertConfig, BertForMultipleChoice

from steadytune import (
    LNSR,
    R3F,
    SMART,
    ConfigError,
    FreeLB,
    NEFTune,
    RDrop,
    Step,
    attach,
    functional,
)
from steadytune._random import isolated_rng
from steadytune.method_text import parse_method
from steadytune.testing import (
    RegularizerContract,
    enable_checkpointing,
    gradients,
    tiny_batch,
    tiny_classifier,
)

from ..families import ONLY_ROUNDING

CPU = torch.device("cpu")


class TestContract(RegularizerContract):
    method = LNSR(strength=3.0, std=0.1)
    neutral = LNSR(strength=0.0)
    draws = True


class TestContractOfRows(RegularizerContract):
    method = LNSR(strength=3.0, std=0.1, layer=1, rows=0.5, noise="in-manifold")
    neutral = LNSR(strength=0.0, rows=0.5)
    per_example = False
    draws = True


class TestContractWithoutDropout(RegularizerContract):
    method = LNSR(strength=3.0, std=0.1, layer=2, dropout="off", relative=True)
    neutral = LNSR(strength=0.0, dropout="off")
    draws = True


class TestContractOfARandomLayer(RegularizerContract):
    method = LNSR(strength=3.0, std=0.1, layer="random")
    neutral = LNSR(strength=0.0, layer="random")
    draws = True
    compiles = False


class TestContractOfRelativeDistance(RegularizerContract):
    method = LNSR(strength=3.0, std=0.1, distance="relative")
    neutral = LNSR(strength=0.0, distance="relative")
    draws = True
    compiles = False


class Stack(nn.Module):
    """Blocks on a sequence of vectors, without embeddings: `x` is what enters the first block."""

    def __init__(self, *blocks: nn.Module) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)

    def forward(self, x: Tensor, attention_mask: Tensor | None = None) -> dict[str, Any]:
        for block in self.blocks:
            x = block(x)
        return {"loss": x.square().mean(), "hidden": x}


def mean_penalty(model: nn.Module, method: LNSR, inputs: dict[str, Tensor], draws: int) -> Tensor:
    with torch.no_grad(), attach(model, [method], layers="blocks") as objective:
        for _ in range(draws):
            objective(Step(model, inputs))
        return torch.tensor(objective.pop_logs()["lnsr_penalty"], dtype=torch.float64)


def test_a_penalty_in_units_of_its_noise() -> None:
    def penalty(**options: Any) -> float:
        model = tiny_classifier(dropout=0.0).double()
        with attach(model, [LNSR(**options)]) as objective:
            objective(Step(model, tiny_batch()))
            return objective.pop_logs()["lnsr_penalty"]

    small, large = (penalty(std=std, per_variance=True) for std in (1e-4, 1e-3))
    assert small == pytest.approx(penalty(std=1e-4) / 1e-8, rel=1e-6)
    assert large == pytest.approx(small, rel=1e-2)
    with pytest.raises(ConfigError, match="per_variance=True divides by std"):
        LNSR(std=0.0, per_variance=True)


@pytest.fixture
def linear() -> Stack:
    with isolated_rng(CPU, 0):
        return Stack(nn.Linear(4, 6), nn.Linear(6, 3)).double()


class TestClosedForm:
    """E R = std^2 ||W||_F^2 for a linear map W, exactly (methods A4)."""

    @pytest.mark.parametrize("noise", ["gaussian", "uniform"])
    def test_bare_norm_of_a_linear_map(self, linear: Stack, noise: Any) -> None:
        first = linear.blocks[0].weight
        both = linear.blocks[1].weight @ first
        x = torch.ones(1, 1, 4, dtype=torch.float64)
        method = LNSR(std=0.3, noise=noise, reduction="sum")
        measured = mean_penalty(linear, method, {"x": x}, 4000)
        expected = 0.3**2 * (first.square().sum() + both.square().sum())
        torch.testing.assert_close(measured, expected.detach(), rtol=0.03, atol=0)

    def test_bare_norm_is_the_exact_value_for_a_given_draw(self, linear: Stack) -> None:
        x = torch.ones(2, 3, 4, dtype=torch.float64)
        noise = torch.randn(
            2, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1)
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Step, "normal_like", lambda self, tensor, site: noise)
            measured = mean_penalty(linear, LNSR(std=0.3, reduction="sum"), {"x": x}, 1)
        first = 0.3 * noise @ linear.blocks[0].weight.T
        both = first @ linear.blocks[1].weight.T
        expected = (first.square().sum((1, 2)) + both.square().sum((1, 2))).mean()
        torch.testing.assert_close(measured, expected.detach(), rtol=1e-12, atol=0)

    def test_default_reduction_of_a_linear_map(self, linear: Stack) -> None:
        first = linear.blocks[0].weight
        both = linear.blocks[1].weight @ first
        x = torch.ones(3, 5, 4, dtype=torch.float64)
        mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 1, 1, 1, 1]])
        measured = mean_penalty(linear, LNSR(std=0.3), {"x": x, "attention_mask": mask}, 2000)
        expected = 0.3**2 * (first.square().sum() / 6 + both.square().sum() / 3) / 2
        torch.testing.assert_close(measured, expected.detach(), rtol=0.03, atol=0)

    def test_small_noise_measures_the_jacobian_of_a_nonlinear_net(self) -> None:
        """std -> 0: R / std^2 -> the squared Frobenius norm of the brute-force Jacobian."""
        with isolated_rng(CPU, 1):
            net = Stack(nn.Sequential(nn.Linear(3, 5), nn.Tanh()), nn.Linear(5, 2)).double()
        x = torch.tensor([[[0.3, -0.2, 0.9]]], dtype=torch.float64)
        brute = torch.zeros((), dtype=torch.float64)
        for depth in (1, 2):
            function = nn.Sequential(*net.blocks[:depth])
            brute += torch.autograd.functional.jacobian(function, x[0, 0]).square().sum()
        measured = mean_penalty(net, LNSR(std=1e-4, reduction="sum"), {"x": x}, 6000) / 1e-8
        torch.testing.assert_close(measured, brute, rtol=0.04, atol=0)

    @pytest.mark.parametrize(("noise", "fourth"), [("gaussian", 3.0), ("uniform", 9 / 5)])
    def test_fourth_order_term_of_a_quadratic(self, noise: Any, fourth: float) -> None:
        """f = x^2 / 2 at x: E (f(x+e) - f(x))^2 = s^2 x^2 + E e^4 / 4, E e^4 = fourth * s^4."""

        class Half(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                return x.square() / 2

        net = Stack(Half())
        net.anchor = nn.Parameter(torch.zeros(()))  # type: ignore[assignment]
        x = torch.full((1, 4000, 1), 1.5, dtype=torch.float64)
        measured = mean_penalty(net, LNSR(std=0.8, noise=noise), {"x": x}, 50)
        expected = 0.8**2 * 1.5**2 + fourth * 0.8**4 / 4
        torch.testing.assert_close(
            measured, torch.tensor(expected, dtype=torch.float64), rtol=0.02, atol=0
        )


class TestSeveralLayers:
    """E R = mean over b of std^2 sum_r w_br ||J_br||_F^2 / (sum_r w_br * width of r)."""

    x = torch.ones(20, 20, 4, dtype=torch.float64)

    def expected(self, linear: Stack, weights: tuple[float, float, float]) -> Tensor:
        """Of noise of std 0.3 before both linear maps, with weights (b, r) = (0,1) (0,2) (1,2)."""
        first, second = (block.weight for block in linear.blocks)
        jacobians = [first.square().sum() / 6, (second @ first).square().sum() / 3]
        lower = (weights[0] * jacobians[0] + weights[1] * jacobians[1]) / sum(weights[:2])
        upper = second.square().sum() / 3
        return (0.3**2 * (lower + upper) / 2).detach()

    @pytest.mark.parametrize("weights", [None, (1.0, 3.0, 2.0), (0.0, 1.0, 1.0)])
    @pytest.mark.parametrize("noise", ["gaussian", "uniform"])
    def test_each_has_its_own_weights(self, linear: Stack, weights: Any, noise: Any) -> None:
        method = LNSR(std=0.3, layer=(0, 1), weights=weights, noise=noise)
        measured = mean_penalty(linear, method, {"x": self.x}, 30)
        expected = self.expected(linear, weights or (1.0, 1.0, 1.0))
        torch.testing.assert_close(measured, expected, rtol=0.03, atol=0)

    def test_a_random_one_each_step_is_the_same_in_the_mean(self, linear: Stack) -> None:
        measured = mean_penalty(linear, LNSR(std=0.3, layer="random"), {"x": self.x}, 800)
        expected = self.expected(linear, (1.0, 1.0, 1.0))
        torch.testing.assert_close(measured, expected, rtol=0.04, atol=0)

    def test_one_of_them_is_the_method_with_that_layer(self) -> None:
        """Given their draws: the mean of the penalties of each layer alone."""
        model = tiny_classifier(dropout=0.2).double()
        noise = torch.randn(4, 9, 32, generator=torch.Generator().manual_seed(0)).double()

        def penalty(layer: Any) -> float:
            with isolated_rng(CPU, 0), attach(model, [LNSR(std=0.1, layer=layer)]) as objective:
                objective(Step(model, tiny_batch(), step=0))
                return objective.pop_logs()["lnsr_penalty"]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Step, "normal_like", lambda self, tensor, site: noise)
            alone = [penalty(layer) for layer in (0, 1, 2)]
            assert penalty((0, 1, 2)) == pytest.approx(sum(alone) / 3, rel=1e-12)
            assert penalty((2, 0)) == pytest.approx((alone[0] + alone[2]) / 2, rel=1e-12)
            assert penalty("random") in alone

    def test_their_noises_differ(self, linear: Stack) -> None:
        drawn: list[Tensor] = []
        original = Step.normal_like

        def keep(step: Step, tensor: Tensor, site: str) -> Tensor:
            drawn.append(original(step, tensor, site))
            return drawn[-1]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Step, "normal_like", keep)
            mean_penalty(
                Stack(nn.Linear(4, 4), nn.Linear(4, 4)),
                LNSR(layer=(0, 1)),
                {"x": self.x.float()},
                1,
            )
        assert len(drawn) == 2 and not torch.equal(*drawn)

    def test_what_they_cost(self) -> None:
        assert LNSR(layer=(0, 3)).passes(6) == 2.5
        assert LNSR(layer="random").passes(6) == pytest.approx(1 + 7 / 12)
        assert LNSR(layer=3, rows=0.5).passes(6) == 1.25

    @pytest.mark.parametrize(
        ("options", "match"),
        [
            ({"layer": (0, 0)}, "names no layer, or one twice"),
            ({"layer": ()}, "names no layer, or one twice"),
            ({"layer": "lowest"}, "layer='lowest'"),
            ({"layer": (0, -1)}, "layer=-1"),
        ],
        ids=str,
    )
    def test_impossible_ones_are_refused(self, options: dict[str, Any], match: str) -> None:
        with pytest.raises(ConfigError, match=match):
            LNSR(**options)

    @pytest.mark.parametrize(
        ("options", "match"),
        [
            ({"layer": (0, 3)}, r"layer=\(0, 3\) is out of range; this model has 3 layers"),
            ({"layer": (0, 2), "targets": (1, 2)}, "above layer 2 this model has layers 3 to 3"),
            ({"layer": (0, 2), "weights": (1.0, 1.0)}, "does not fit 4 target layers"),
            ({"layer": (1, 2), "weights": (1.0, 1.0, 0.0)}, "does not fit 3 target layers"),
            ({"layer": "random", "targets": (4,)}, "this model has layers 1 to 3"),
        ],
        ids=str,
    )
    def test_those_that_do_not_suit_a_model(self, options: dict[str, Any], match: str) -> None:
        with (
            pytest.raises(ConfigError, match=match),
            attach(tiny_classifier(), [LNSR(**options)]),
        ):
            pass

    def test_as_text(self) -> None:
        assert parse_method("lnsr:layer=(0,2),weights=(1,1,1,2)") == (
            LNSR(layer=(0, 2), weights=(1.0, 1.0, 1.0, 2.0)),
        )
        assert parse_method("lnsr:layer=random") == (LNSR(layer="random"),)


def test_gradcheck_of_the_formula() -> None:
    draws = torch.Generator().manual_seed(0)
    states = [
        torch.randn(2, 3, 4, dtype=torch.float64, generator=draws, requires_grad=True)
        for _ in range(4)
    ]
    mask = torch.tensor([[1, 1, 0], [0, 1, 1]])
    for reduction in ("mean", "sum"):
        torch.autograd.gradcheck(
            lambda a, b, c, d, how=reduction: functional.noise_stability(
                [a, b], [c, d], mask, [1.0, 2.0], how
            ),
            states,
        )


def test_gradient_of_the_penalty_is_that_of_its_definition() -> None:
    """Through the model: the objective's gradient against two explicit whole passes."""
    model = tiny_classifier(dropout=0.0).double()
    batch = tiny_batch()
    noise = torch.randn(4, 9, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Step, "normal_like", lambda self, tensor, site: noise)
        with attach(model, [LNSR(strength=2.0, std=0.1, layer=0)]) as objective:
            objective(Step(model, batch)).backward()
    measured = gradients(model)
    model.zero_grad()
    clean = model(**batch, output_hidden_states=True)
    mask = batch["attention_mask"]
    shift = 0.1 * noise * mask[..., None]
    handle = model.bert.embeddings.register_forward_hook(lambda m, a, out: out + shift)
    noisy = model(**batch, output_hidden_states=True)
    handle.remove()
    distances = []
    for still, moved in zip(clean.hidden_states[1:], noisy.hidden_states[1:], strict=True):
        each = ((moved - still).square().mean(-1) * mask).sum(1) / mask.sum(1)
        distances.append(each.mean())
    (clean.loss + 2.0 * sum(distances) / 3).backward()
    for name, value in gradients(model).items():
        torch.testing.assert_close(measured[name], value, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("rows", [1.0, 0.5])
@pytest.mark.parametrize("dropout", ["shared", "off"])
@pytest.mark.parametrize("checkpointed", [False, True])
def test_zero_noise_is_zero_but_for_rounding(rows: float, dropout: Any, checkpointed: bool) -> None:
    model = tiny_classifier(dropout=0.3)
    if checkpointed:
        enable_checkpointing(model)
    with attach(model, [LNSR(std=0.0, rows=rows, dropout=dropout)]) as objective:
        objective(Step(model, tiny_batch())).backward()
        assert objective.pop_logs()["lnsr_penalty"] == ONLY_ROUNDING


def test_fresh_masks_add_a_term_that_does_not_vanish() -> None:
    model = tiny_classifier(dropout=0.3)
    with attach(model, [LNSR(std=0.0, dropout="fresh")]) as objective:
        objective(Step(model, tiny_batch()))
        assert objective.pop_logs()["lnsr_penalty"] > 0.0


def test_rows_are_an_unbiased_estimate() -> None:
    """The mean over all pairs of rows equals the penalty on the whole batch."""
    model = tiny_classifier(dropout=0.0).double()
    batch = tiny_batch(examples=4)
    noise = torch.randn(4, 9, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    values = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Step, "normal_like", lambda self, tensor, site: noise)
        for pair in combinations(range(4), 2):
            chosen = torch.tensor(pair)
            patch.setattr(LNSR, "_draw_rows", lambda self, step, size, rows=chosen: rows)
            with attach(model, [LNSR(rows=0.5)]) as objective:
                objective(Step(model, batch))
                values.append(objective.pop_logs()["lnsr_penalty"])
        patch.setattr(LNSR, "_draw_rows", lambda self, step, size: None)
        with attach(model, [LNSR()]) as objective:
            objective(Step(model, batch))
            whole = objective.pop_logs()["lnsr_penalty"]
    assert sum(values) / len(values) == pytest.approx(whole, rel=1e-12)


def test_drawn_rows_are_sorted_distinct_and_vary() -> None:
    model = tiny_classifier()
    seen = []
    method = LNSR(rows=0.5)
    original = LNSR._draw_rows
    with pytest.MonkeyPatch.context() as patch:

        def keep(self: LNSR, step: Step, size: int) -> Any:
            seen.append(original(self, step, size))
            return seen[-1]

        patch.setattr(LNSR, "_draw_rows", keep)
        with attach(model, [method]) as objective:
            for _ in range(8):
                objective(Step(model, tiny_batch()))
    assert all(len(rows) == 2 and rows[0] < rows[1] for rows in seen)
    assert len({tuple(rows.tolist()) for rows in seen}) > 1


def test_pads_are_neither_perturbed_nor_counted() -> None:
    """More pads leave the penalty as it is, on either side."""
    model = tiny_classifier(dropout=0.0).double()
    batch = tiny_batch(examples=2)
    noise = torch.randn(2, 9, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def penalty(inputs: dict[str, Tensor], drawn: Tensor) -> float:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Step, "normal_like", lambda self, tensor, site: drawn)
            with torch.no_grad(), attach(model, [LNSR()]) as objective:
                objective(Step(model, inputs))
                return objective.pop_logs()["lnsr_penalty"]

    extra = {name: torch.zeros(2, 4, dtype=torch.int64) for name in ("input_ids", "attention_mask")}
    wider = {n: torch.cat([batch[n], extra[n]], 1) for n in extra} | {"labels": batch["labels"]}
    louder = torch.cat([noise, 1e3 * torch.ones(2, 4, 32, dtype=torch.float64)], 1)
    assert penalty(wider, louder) == pytest.approx(penalty(batch, noise), rel=1e-12)


def test_relative_noise_scales_with_the_token() -> None:
    net = Stack(nn.Identity())
    net.anchor = nn.Parameter(torch.zeros(()))  # type: ignore[assignment]
    x = torch.stack([torch.full((500, 8), 2.0), torch.full((500, 8), 0.5)]).double()
    measured = mean_penalty(net, LNSR(std=0.1, relative=True), {"x": x}, 20)
    assert measured.item() == pytest.approx(0.1**2 * (2.0**2 + 0.5**2) / 2, rel=0.03)


def test_targets_and_weights() -> None:
    with isolated_rng(CPU, 0):
        net = Stack(*[nn.Linear(2, 2) for _ in range(3)]).double()
    x = torch.ones(1, 1, 2, dtype=torch.float64)

    def value(**options: Any) -> float:
        return mean_penalty(net, LNSR(std=0.1, **options), {"x": x}, 1).item()

    each = [value(targets=(r,)) for r in (1, 2, 3)]
    assert value() == pytest.approx(sum(each) / 3)
    assert value(targets="last") == pytest.approx(each[2])
    assert value(targets=(1, 3), weights=(1.0, 3.0)) == pytest.approx((each[0] + 3 * each[2]) / 4)
    assert value(weights=(1.0, 0.0, 1.0)) == pytest.approx((each[0] + each[2]) / 2)


def test_detached_clean_states_send_no_gradient() -> None:
    """With an identity block the two branches cancel; detached, only one is left."""
    net = Stack(nn.Linear(2, 2), nn.Identity())
    x = torch.ones(1, 1, 2)
    grads = []
    for detach in (False, True):
        net.zero_grad()
        with attach(net, [LNSR(layer=1, std=0.1, detach_clean=detach)], layers="blocks") as loss:
            (loss(Step(net, {"x": x})) - net(x)["loss"]).backward()
        grads.append(net.blocks[0].weight.grad.abs().sum().item())
    assert grads[0] == pytest.approx(0.0, abs=1e-7)
    assert grads[1] > 1e-3


class TestHalfPrecision:
    @pytest.mark.parametrize("by", ["autocast", "autocast inside", "weights"])
    def test_noise_that_is_rounded_away_is_warned_of_once(self, by: str) -> None:
        model: Any = tiny_classifier()
        if by == "weights":
            model = model.bfloat16()
        if by == "autocast inside":
            model.forward = torch.autocast("cpu", torch.bfloat16)(model.forward)
        method = LNSR(std=1e-5)
        with attach(model, [method]) as objective, warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            for seed in range(2):
                with torch.autocast("cpu", torch.bfloat16, enabled=by == "autocast"):
                    objective(Step(model, tiny_batch(seed=seed))).backward()
        assert [str(entry.message)[:20] for entry in found] == ["std=1e-05 is lost in"]

    @pytest.mark.parametrize(("std", "half"), [(0.0, True), (1e-3, True), (1e-5, False)])
    def test_other_noise_is_not(self, std: float, half: bool) -> None:
        model = tiny_classifier()
        with (
            attach(model, [LNSR(std=std)]) as objective,
            torch.autocast("cpu", torch.bfloat16, enabled=half),
        ):
            objective(Step(model, tiny_batch())).backward()


class TestBadOptions:
    @pytest.mark.parametrize(
        ("options", "text"),
        [
            ({"std": -0.1}, "std=-0.1"),
            ({"std": float("nan")}, "std=nan"),
            ({"strength": -1.0}, "strength=-1.0"),
            ({"layer": -1}, "layer=-1"),
            ({"rows": 0.0}, "rows=0.0"),
            ({"rows": 1.5}, "rows=1.5"),
            ({"noise": "gausian"}, "did you mean 'gaussian'"),
            ({"dropout": "same"}, "dropout='same'"),
            ({"reduction": "total"}, "reduction='total'"),
            ({"targets": "top"}, "targets='top'"),
            ({"weights": (1.0, -1.0)}, "weights=-1.0"),
            ({"rank": 0}, "rank=0"),
            ({"targets": (2, 2)}, "targets=(2, 2) names a layer twice"),
            ({"targets": (1.5,)}, "targets=1.5 is not possible; expected a whole number"),
        ],
    )
    def test_refused_when_made(self, options: dict[str, Any], text: str) -> None:
        with pytest.raises(ConfigError, match=re.escape(text)):
            LNSR(**options)

    @pytest.mark.parametrize(
        ("options", "text"),
        [
            ({"layer": 3}, "layer=3 is out of range; this model has 3 layers, expected 0 to 2"),
            ({"targets": (0,)}, "layers 1 to 3"),
            ({"layer": 1, "targets": (1,)}, "layers 2 to 3"),
            ({"targets": ()}, "out of range"),
            ({"weights": (1.0,)}, "3 target layers"),
            ({"weights": (0.0, 0.0, 0.0)}, "not all zero"),
        ],
    )
    def test_refused_when_attached(self, options: dict[str, Any], text: str) -> None:
        with pytest.raises(ConfigError, match=text), attach(tiny_classifier(), [LNSR(**options)]):
            pass


def test_multiple_choice_takes_each_choice_for_an_example() -> None:
    config = BertConfig(
        vocab_size=64,
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=64,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    model = BertForMultipleChoice(config).train()
    flat = tiny_batch(examples=6)
    shaped = {name: flat[name].view(2, 3, -1) for name in ("input_ids", "attention_mask")}
    inputs = {**shaped, "labels": torch.tensor([0, 2])}
    for method in (LNSR(std=0.1, rows=0.5), R3F(), NEFTune(), FreeLB(), SMART(), RDrop()):
        with attach(model, [method]) as objective:
            objective.connect(torch.optim.SGD(model.parameters(), lr=0.1))
            objective(Step(model, inputs)).backward()
    penalties = []
    for given in (inputs, flat):
        with attach(model, [LNSR(std=0.1)]) as objective:
            objective(Step(model, given, compute_loss=_no_loss))
            penalties.append(objective.pop_logs()["lnsr_penalty"])
    assert penalties[0] == pytest.approx(penalties[1], rel=1e-5)


def _no_loss(model: Any, inputs: Any) -> Any:
    """The pass without a task, whose labels do not fit both shapes."""
    ids, mask = inputs["input_ids"], inputs["attention_mask"]
    outputs = model(input_ids=ids.view(2, 3, -1), attention_mask=mask.view(2, 3, -1))
    return outputs.logits.sum() * 0, outputs
