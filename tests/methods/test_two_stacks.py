"""Methods on models with an encoder and a decoder."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from steadytune import (
    BSS,
    LNSR,
    R3F,
    R4F,
    REPINA,
    SMART,
    ConfigError,
    FreeLB,
    HyPe,
    LayerwiseDecay,
    LfU,
    ModelError,
    NEFTune,
    RDrop,
    Regularizer,
    Step,
    attach,
)
from steadytune._random import isolated_rng
from steadytune.testing import gradients, tiny_batch, tiny_classifier

from ..families import ONLY_ROUNDING
from ..model.two_stacks import FAMILIES, batch, two_stacks

CPU = torch.device("cpu")

AT_EMBEDDINGS = {
    "R3F": R3F(std=1.0),
    "R4F": R4F(std=1.0),
    "NEFTune": NEFTune(alpha=50.0),
    "FreeLB": FreeLB(step_size=5.0),
    "SMART": SMART(radius=0.1, step_size=0.1, std=0.01, proximal_strength=0.0),
}


def loss_of(model: Any, methods: list[Regularizer], inputs: Any, **options: Any) -> float:
    model.zero_grad()
    with isolated_rng(CPU, 2), attach(model, methods, **options) as objective:
        objective.connect(torch.optim.SGD(model.parameters(), lr=0.0))
        loss = objective(Step(model, inputs, step=0))
        loss.backward()
    return loss.item()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", AT_EMBEDDINGS)
def test_perturbed_embeddings_are_those_the_encoder_looks_up(family: str, name: str) -> None:
    """The table that both stacks share is a module that nothing calls."""
    method = AT_EMBEDDINGS[name]
    if name == "R4F":
        method = R4F(std=1.0, head="classification_head")
    model, inputs = two_stacks(family, init_std=0.3, initializer_factor=3.0), batch()
    plain = loss_of(model, [], inputs)
    start = {n: p.detach().clone() for n, p in model.named_parameters()}
    treated = loss_of(model, [method], inputs)
    with torch.no_grad():
        for n, p in model.named_parameters():
            p.copy_(start[n])
    assert abs(treated - plain) > 1e-5


@pytest.mark.parametrize("tie", [True, False])
def test_the_encoders_own_table_where_the_stacks_do_not_share_one(tie: bool) -> None:
    model = two_stacks("T5", "TokenClassification", tie_word_embeddings=tie)
    inputs = {**batch(), "labels": batch()["attention_mask"]}
    assert loss_of(model, [NEFTune(alpha=50.0)], inputs) != loss_of(model, [], inputs)


def test_a_table_that_is_never_called_is_refused_by_every_method_that_needs_it() -> None:
    model: Any = tiny_classifier()
    model.get_input_embeddings = lambda: nn.Embedding(64, 32)
    for method in AT_EMBEDDINGS.values():
        with (
            attach(model, [method]) as objective,
            pytest.raises(ModelError, match="did not look its tokens up in Embedding"),
        ):
            objective.connect(torch.optim.SGD(model.parameters(), lr=0.1))
            objective(Step(model, tiny_batch()))


def test_a_table_that_gives_no_tensor_is_refused_by_name() -> None:
    model: Any = tiny_classifier()
    model.bert.embeddings.word_embeddings.register_forward_hook(lambda m, a, out: (out, None))
    with (
        attach(model, [NEFTune()]) as objective,
        pytest.raises(ModelError, match="Embedding, which returns a tuple, not a tensor"),
    ):
        objective(Step(model, tiny_batch()))


@pytest.mark.parametrize("stack", ["encoder", "decoder"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_blocks_of_one_stack(family: str, stack: str) -> None:
    model, inputs = two_stacks(family), batch()
    for rows in (1.0, 0.5):
        with attach(model, [LNSR(std=0.0, rows=rows)], layers=stack) as objective:
            objective(Step(model, inputs))
            assert objective.pop_logs()["lnsr_penalty"] == ONLY_ROUNDING
    for method in (LNSR(std=0.1), BSS(), HyPe(scale=0.1, dropout="on")):
        plain = loss_of(model, [], inputs)
        assert loss_of(model, [method], inputs, layers=stack) != plain


def test_both_stacks_without_a_choice_are_refused() -> None:
    with (
        pytest.raises(ModelError, match="layers='encoder' or layers='decoder'"),
        attach(two_stacks("T5"), [LNSR()]),
    ):
        pass


@pytest.mark.parametrize("method", [LNSR(std=0.1), LfU(radius=1.0), BSS()])
@pytest.mark.parametrize("family", ["T5", "Bart"])
def test_a_penalty_on_both_stacks_is_the_mean_over_them(
    family: str, method: Regularizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Step, "normal_like", lambda step, tensor, site: torch.ones_like(tensor))
    model, inputs = two_stacks(family), batch()
    found = {}
    for stacks in ("encoder", "decoder", "both"):
        loss = loss_of(model, [method], inputs, layers=stacks)
        found[stacks] = loss, gradients(model)
    mean = (found["encoder"][0] + found["decoder"][0]) / 2
    assert found["encoder"][0] != found["decoder"][0]
    assert found["both"][0] == pytest.approx(mean, rel=1e-5)
    for name, value in found["both"][1].items():
        parts = [found[stack][1][name] for stack in ("encoder", "decoder")]
        torch.testing.assert_close(value, torch.stack(parts).mean(0), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_both_stacks_repeat_what_they_did_and_draw_apart(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, inputs, drawn = two_stacks(family), batch(), []
    for rows in (1.0, 0.5):
        with attach(model, [LNSR(std=0.0, rows=rows)], layers="both") as objective:
            objective(Step(model, inputs))
            assert objective.pop_logs()["lnsr_penalty"] == ONLY_ROUNDING
    normal = Step.normal_like
    monkeypatch.setattr(
        Step, "normal_like", lambda *given: drawn.append(normal(*given)) or drawn[-1]
    )
    plain = loss_of(model, [], inputs)
    assert loss_of(model, [LNSR(std=0.1)], inputs, layers="both") > plain
    assert len(drawn) == 2 and not torch.equal(*drawn)


def test_noise_in_the_blocks_of_both_stacks() -> None:
    model, inputs = two_stacks("T5"), batch()
    method = HyPe(scale=0.1, dropout="on")
    found = {s: loss_of(model, [method], inputs, layers=s) for s in ("encoder", "decoder", "both")}
    assert len(set(found.values())) == 3
    with attach(model, [REPINA(layer=1, tokens="all"), method], layers="both") as objective:
        objective(Step(model, inputs)).backward()
        assert objective.pop_logs()["repina_penalty"] == 0.0


def test_what_both_stacks_do_not_suit_is_refused() -> None:
    with (
        pytest.raises(ModelError, match="BertForSequenceClassification has one stack of blocks"),
        attach(tiny_classifier(), [LNSR()], layers="both"),
    ):
        pass
    with (
        pytest.raises(ModelError, match="layers='both' does not suit a method in use"),
        attach(two_stacks("T5"), [LayerwiseDecay()], layers="both"),
    ):
        pass
    with (
        pytest.raises(ConfigError, match="layer=2 is out of range; this model has 2 layers"),
        attach(two_stacks("T5"), [LNSR(layer=2)], layers="both"),
    ):
        pass
    with (
        pytest.raises(ModelError, match="has no decoder with word embeddings of its own"),
        attach(tiny_classifier(), [R3F()], embeddings="decoder"),
    ):
        pass
    with (
        pytest.raises(ConfigError, match="embeddings='both'"),
        attach(two_stacks("T5"), [R3F()], embeddings="both"),
    ):
        pass


@pytest.mark.parametrize("name", sorted(AT_EMBEDDINGS.keys() - {"R4F"}))  # whose head is tied
@pytest.mark.parametrize("family", ["T5", "Bart"])
def test_perturbed_embeddings_of_the_decoder(family: str, name: str) -> None:
    """Its own tokens, more than the encoder has, where they are real, and no others."""
    model = two_stacks(family, "ConditionalGeneration", dropout=0.0, dropout_rate=0.0)
    labels = torch.randint(5, 64, (4, 9), generator=torch.Generator().manual_seed(3))
    labels[::2, 5:] = -100
    inputs = {**batch(tokens=6), "labels": labels}
    looked_up: dict[str, list[Tensor]] = {"encoder": [], "decoder": []}
    with attach(model, [AT_EMBEDDINGS[name]], embeddings="decoder") as objective:
        objective.connect(torch.optim.SGD(model.parameters(), lr=0.0))
        for stack, seen in looked_up.items():
            table: Any = getattr(model, f"get_{stack}")().get_input_embeddings()
            table.register_forward_hook(lambda m, a, out, seen=seen: seen.append(out.detach()))
        with torch.no_grad():
            model(**inputs)
        objective(Step(model, inputs)).backward()
    assert all(torch.equal(state, looked_up["encoder"][0]) for state in looked_up["encoder"])
    moved = (looked_up["decoder"][-1] - looked_up["decoder"][0]).abs().sum(-1) > 0
    assert torch.equal(moved, labels != -100)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_classifiers_decoder_repeats_the_encoders_tokens(family: str) -> None:
    model, inputs = two_stacks(family, init_std=0.3, initializer_factor=3.0), batch()
    losses = {
        embeddings: loss_of(model, [NEFTune(alpha=50.0)], inputs, embeddings=embeddings)
        for embeddings in ("encoder", "decoder")
    }
    assert len({*losses.values(), loss_of(model, [], inputs)}) == 3


def penalised(model: Any, inputs: Any, stack: str) -> tuple[float, dict[str, Tensor]]:
    model.zero_grad()
    with isolated_rng(CPU, 2), attach(model, [LNSR(std=0.1)], layers=stack) as objective:
        objective(Step(model, inputs, step=0)).backward()
        return objective.pop_logs()["lnsr_penalty"], gradients(model)


def test_a_decoders_noise_and_penalty_are_of_its_own_tokens() -> None:
    """Against a pass by hand, with more tokens in the decoder than in the encoder."""
    model = two_stacks("Bart", "ConditionalGeneration", dropout=0.0)
    inputs = batch(tokens=6)
    draws = torch.Generator().manual_seed(3)
    labels = torch.randint(5, 64, (4, 9), generator=draws)
    labels[::2, 5:] = -100
    inputs["labels"] = labels
    noises: list[Tensor] = []
    block = model.model.decoder.layers[0]
    with attach(model, [LNSR(std=0.1)], layers="decoder") as objective:
        handle = block.register_forward_pre_hook(
            lambda module, args, kwargs: noises.append((args or (kwargs["hidden_states"],))[0]),
            with_kwargs=True,
        )
        objective(Step(model, inputs))
        found = objective.pop_logs()["lnsr_penalty"]
        handle.remove()
    noise = (noises[-1] - noises[0]).detach()
    real = labels != -100
    assert not noise[~real].any()
    assert noise[real].std().item() == pytest.approx(0.1, rel=0.1)

    states: list[list[Tensor]] = []
    for extra in (torch.zeros_like(noise), noise):
        kept: list[Tensor] = []
        hooks = [
            block.register_forward_pre_hook(_adding(extra), with_kwargs=True),
            *(
                layer.register_forward_hook(
                    lambda m, a, out, kept=kept: kept.append(
                        out[0] if isinstance(out, tuple) else out
                    )
                )
                for layer in model.model.decoder.layers
            ),
        ]
        with torch.no_grad():
            model(**inputs)
        for hook in hooks:
            hook.remove()
        states.append(kept)
    terms = []
    for moved, still in zip(*states, strict=True):
        squares = (moved - still).square().mean(-1) * real
        terms.append((squares.sum(1) / real.sum(1)).mean().item())
    assert found == pytest.approx(sum(terms) / len(terms), rel=1e-5)


def _adding(extra: Tensor) -> Any:
    def hook(module: nn.Module, args: Any, kwargs: Any) -> Any:
        if args:
            return (args[0] + extra, *args[1:]), kwargs
        return args, {**kwargs, "hidden_states": kwargs["hidden_states"] + extra}

    return hook


def test_two_passes_need_nothing_of_the_stacks() -> None:
    model, inputs = two_stacks("T5"), batch()
    assert loss_of(model, [RDrop(strength=5.0)], inputs) != loss_of(model, [], inputs)


@pytest.mark.parametrize(
    ("family", "path"), [("T5", "decoder.block"), ("Bart", "model.decoder.layers")]
)
def test_a_decoder_named_by_its_path_has_its_own_mask(family: str, path: str) -> None:
    """With more tokens than the encoder's, and with as many, of which others are real."""
    model = two_stacks(family, "ConditionalGeneration")
    for tokens in (9, 6):
        inputs = batch(tokens=6)
        labels = torch.randint(5, 64, (4, tokens), generator=torch.Generator().manual_seed(3))
        labels[::2, 4:] = -100
        named, found = (
            penalised(model, {**inputs, "labels": labels}, stack)[0] for stack in ("decoder", path)
        )
        assert found == named > 0
