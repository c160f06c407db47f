"""Layer-wise decay of the learning rate, and the contract."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers
from torch import nn

from steadytune import L2SP, ConfigError, LayerwiseDecay, Step, attach
from steadytune.testing import RegularizerContract, tiny_batch, tiny_classifier

from ..families import classifier


class TestContract(RegularizerContract):
    method = LayerwiseDecay(decay=0.5)
    neutral = LayerwiseDecay(decay=1.0)


def rates(model: nn.Module, decay: float = 0.5) -> dict[str, float]:
    """The learning rate of every parameter, over the full one."""
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    with attach(model, [LayerwiseDecay(decay=decay)]) as objective:
        objective.connect(optimizer)
        groups = list(optimizer.param_groups)
    names = {id(p): name for name, p in model.named_parameters()}
    found = {names[id(p)]: group["lr"] for group in groups for p in group["params"]}
    assert len(found) == len(list(model.parameters()))
    return found


def test_bert() -> None:
    for name, rate in rates(tiny_classifier()).items():
        if name.startswith("bert.embeddings"):
            assert rate == 0.5**4
        elif name.startswith("bert.encoder.layer"):
            number = int(name.split(".")[3])
            assert rate == 0.5 ** (3 - number)
        else:  # pooler and head
            assert rate == 1.0


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("roberta", {"roberta.embeddings.LayerNorm.weight": 4, "classifier.dense.weight": 0}),
        (
            "gpt2",
            {
                "transformer.wpe.weight": 4,
                "transformer.h.0.ln_1.weight": 3,
                "transformer.h.2.mlp.c_fc.weight": 1,
                "transformer.ln_f.weight": 0,
                "score.weight": 0,
            },
        ),
        ("llama", {"model.embed_tokens.weight": 4, "model.norm.weight": 0}),
        ("distilbert", {"distilbert.transformer.layer.1.ffn.lin1.weight": 2}),
        ("mpnet", {"mpnet.encoder.relative_attention_bias.weight": 4}),
        ("electra", {"electra.embeddings_project.weight": 4}),
        (
            "deberta-v2",
            {"deberta.encoder.rel_embeddings.weight": 4, "deberta.encoder.conv.conv.weight": 3},
        ),
        ("modernbert", {"model.embeddings.tok_embeddings.weight": 4, "model.final_norm.weight": 0}),
    ],
)  # fmt: skip
def test_families(family: str, expected: dict[str, int]) -> None:
    found = rates(classifier(family))
    assert {name: found[name] for name in expected} == {n: 0.5**e for n, e in expected.items()}


def test_what_a_step_moves() -> None:
    plain, treated = tiny_classifier(dropout=0.0), tiny_classifier(dropout=0.0)
    for model, methods in ((plain, []), (treated, [LayerwiseDecay(decay=0.5)])):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with attach(model, methods) as objective:
            objective.connect(optimizer)
            objective(Step(model, tiny_batch())).backward()
            optimizer.step()
    start = tiny_classifier(dropout=0.0)
    for part, factor in (
        ("bert.embeddings.word_embeddings.weight", 0.5**4),
        ("bert.encoder.layer.0.output.dense.weight", 0.5**3),
        ("bert.encoder.layer.2.output.dense.weight", 0.5),
        ("classifier.weight", 1.0),
    ):
        whole, less = (
            model.get_parameter(part) - start.get_parameter(part) for model in (plain, treated)
        )
        assert whole.any()
        torch.testing.assert_close(less, factor * whole, rtol=1e-4, atol=1e-7)


def test_a_schedule_multiplies_the_rates() -> None:
    model = tiny_classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    with attach(model, [LayerwiseDecay(decay=0.5)]) as objective:
        objective.connect(optimizer)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.1)
    assert sorted(schedule.get_last_lr()) == pytest.approx([0.1 * 0.5**e for e in (4, 3, 2, 1, 0)])


def test_groups_keep_what_they_have() -> None:
    model = tiny_classifier()
    groups = [
        {"params": model.bert.parameters(), "weight_decay": 0.1},
        {"params": model.classifier.parameters(), "lr": 3.0},
    ]
    optimizer = torch.optim.SGD(groups, lr=1.0)
    with attach(model, [LayerwiseDecay(decay=0.5)]) as objective:
        objective.connect(optimizer)
        split = list(optimizer.param_groups)
    assert {(g["weight_decay"], g["lr"]) for g in split} == {
        (0.1, 1.0), (0.1, 0.5), (0.1, 0.25), (0.1, 0.125), (0.1, 0.0625), (0, 3.0)
    }  # fmt: skip


def test_the_decoupled_pull_has_the_rates_too() -> None:
    model = tiny_classifier(dropout=0.0)
    methods = [LayerwiseDecay(decay=0.5), L2SP(strength=0.4, form="decoupled")]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    name = "bert.encoder.layer.1.output.dense.weight"
    weight = model.get_parameter(name)
    with attach(model, methods) as objective:
        objective.connect(optimizer)
        with torch.no_grad():
            weight.add_(1.0)
        before = weight.detach().clone()
        objective(Step(model, tiny_batch())).backward()
        assert weight.grad is not None
        slope = weight.grad.clone()
        optimizer.step()
    torch.testing.assert_close(before - weight, 0.025 * (0.4 + slope), rtol=1e-4, atol=1e-6)


def test_refused() -> None:
    with pytest.raises(ConfigError, match=r"decay=1\.5 is not possible"):
        LayerwiseDecay(decay=1.5)
    with (
        pytest.raises(ConfigError, match=r"Albert.* shares its blocks between layers"),
        attach(classifier("albert"), [LayerwiseDecay()]),
    ):
        pass


def made(name: str, **config: Any) -> nn.Module:
    options = transformers.AutoConfig.for_model(name, **config)
    model: nn.Module = transformers.AutoModelForSequenceClassification.from_config(options)
    return model.train()


def test_what_runs_after_the_blocks_keeps_the_full_rate_where_it_is_made_before_them() -> None:
    small: dict[str, Any] = {
        "vocab_size": 64,
        "hidden_size": 32,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
    }
    opt = rates(made("opt", **small, ffn_dim=64, word_embed_proj_dim=16))
    assert opt["model.decoder.final_layer_norm.weight"] == 1.0
    assert opt["model.decoder.project_out.weight"] == 1.0
    assert opt["model.decoder.project_in.weight"] == 0.5**4
    assert opt["model.decoder.layers.2.fc1.weight"] == 0.5
    gte = rates(made("gte", **small, intermediate_size=64))
    assert {rate for name, rate in gte.items() if "pooler" in name} <= {1.0}
