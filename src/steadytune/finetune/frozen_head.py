"""A pretrained model left as it is, under a linear layer: the cheapest model of a task.

The linear layer reads the mean of the last hidden states over the tokens of a text. Of a pair u
and v, which are read one by one, it reads u, v, |u - v| and u v. Where tokens are tagged, it reads
the last hidden state of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers.modeling_outputs import SequenceClassifierOutput

from .._exceptions import ModelError
from .._untrusted import json_object
from .._whole_file import write_json
from ..pretrained import CAREFUL, Pretrained, Trust, save_model
from ..tasks import PROBLEMS

HEAD = "frozen_head.json"
_WEIGHTS = "frozen_head.safetensors"
_VERSION = 1
_FIELDS = {"version": int, "kind": str, "label_names": list, "texts": int}


class FrozenHead(nn.Module):
    """Called as a classifier of transformers is; tokenizers join the texts of a pair.

    Args:
        body: The pretrained model without a head.
        tokenizer: Its tokenizer.
        texts: Texts an example: 1, or 2 for pairs.
        head: Reads the features, shape (batch, width), or (batch, 4 width) for pairs. Without it
            the logits are the features themselves.
        per_token: Whether there are features, and so logits, of each token.
    """

    def __init__(
        self,
        body: Any,
        tokenizer: Any,
        texts: int,
        head: nn.Linear | None = None,
        *,
        per_token: bool = False,
    ):
        super().__init__()
        self.body, self.head, self.texts, self.per_token = body, head, texts, per_token
        self.special = _SpecialTokens.of(tokenizer)
        self.tokenizer = tokenizer

    @property
    def config(self) -> Any:
        """The configuration of the pretrained model."""
        return self.body.config

    @property
    def device(self) -> torch.device:
        """The device of the pretrained model."""
        device: torch.device = self.body.device
        return device

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, **others: Any
    ) -> SequenceClassifierOutput:
        """The logits, (batch, outputs), or (batch, tokens, outputs).

        Args:
            input_ids: Token numbers, (batch, tokens).
            attention_mask: 1 for real tokens and 0 for pads, (batch, tokens).
            others: What else the tokenizer makes; not needed.
        """
        if self.per_token:
            features = self._hidden(input_ids, attention_mask)
        elif self.texts == 1:
            features = self._pooled(input_ids, attention_mask)
        else:
            each = self.special.apart(input_ids, attention_mask)
            u, v = (self._pooled(*self.special.batch(texts, self.device)) for texts in each)
            features = torch.cat([u, v, (u - v).abs(), u * v], dim=1)
        logits = features if self.head is None else self.head(features)
        return SequenceClassifierOutput(logits=logits)

    def with_head(self, head: nn.Linear) -> FrozenHead:
        """The same model under another linear layer."""
        head = head.to(self.device)
        return FrozenHead(self.body, self.tokenizer, self.texts, head, per_token=self.per_token)

    def cooled(self, temperature: float) -> FrozenHead:
        """The same model with its logits divided by a temperature."""
        assert self.head is not None
        return self.with_head(
            linear(self.head.weight.data / temperature, self.head.bias.data / temperature)
        )

    def _hidden(self, ids: Tensor, mask: Tensor) -> Tensor:
        body = self.body.get_encoder() if self.config.is_encoder_decoder else self.body
        hidden: Tensor = body(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        return hidden

    def _pooled(self, ids: Tensor, mask: Tensor) -> Tensor:
        hidden = self._hidden(ids, mask)
        weights = mask[..., None].float()
        pooled: Tensor = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)
        return pooled


def linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    """A linear layer of given weights, (outputs, inputs) and (outputs,), without a draw."""
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, *reversed(weight.shape))
    layer.load_state_dict({"weight": weight, "bias": bias})
    return layer


@dataclass(frozen=True)
class _SpecialTokens:
    """What a tokenizer puts around a text.

    Args:
        before: Token numbers in front of it.
        after: Token numbers behind it; the first of them also ends the first text of a pair.
        pad: A token number for places that are masked.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    pad: int

    @classmethod
    def of(cls, tokenizer: Any) -> _SpecialTokens:
        found = tokenizer("a", return_special_tokens_mask=True)
        ids, special = found["input_ids"], found["special_tokens_mask"]
        first = special.index(0)
        last = len(special) - special[::-1].index(0)
        return cls(tuple(ids[:first]), tuple(ids[last:]), tokenizer.pad_token_id)

    def apart(self, ids: Tensor, mask: Tensor) -> tuple[list[list[int]], list[list[int]]]:
        """The tokens of the first and of the second text of each pair.

        A tokenizer that puts nothing between them gives all of them to the first.
        """
        ones: list[list[int]] = []
        others: list[list[int]] = []
        around = {*self.before, *self.after}
        for row, real in zip(ids.tolist(), mask.bool().tolist(), strict=True):
            there = [token for token, is_real in zip(row, real, strict=True) if is_real]
            text = there[len(self.before) :]
            ends = text.index(self.after[0]) if self.after and self.after[0] in text else len(text)
            ones.append(text[:ends])
            others.append([token for token in text[ends:] if token not in around])
        return ones, others

    def batch(self, texts: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
        """Single texts as a batch: token numbers and mask, (batch, tokens)."""
        whole = [[*self.before, *text, *self.after] or [self.pad] for text in texts]
        longest = max(map(len, whole))
        ids = [row + [self.pad] * (longest - len(row)) for row in whole]
        mask = [[1] * len(row) + [0] * (longest - len(row)) for row in whole]
        return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


@dataclass(frozen=True, eq=False)
class SavedFrozen:
    """A frozen model with its head as it lies in a folder.

    Args:
        model: The model.
        kind: `classification`, `multilabel`, `tagging`, `ordinal` or `regression`.
        label_names: The classes in the order of their numbers, or the grades; none for numbers.
    """

    model: FrozenHead
    kind: str
    label_names: tuple[str, ...]


def write_frozen(saved: SavedFrozen, folder: Path) -> None:
    """Write the pretrained model, its tokenizer and the linear layer."""
    model = saved.model
    assert model.head is not None
    folder.mkdir(parents=True, exist_ok=True)
    save_model(model.body, folder)
    model.tokenizer.save_pretrained(folder)
    weights = {k: v.detach().cpu().contiguous() for k, v in model.head.state_dict().items()}
    save_file(weights, folder / _WEIGHTS)
    content = {"version": _VERSION, "kind": saved.kind, "texts": model.texts}
    write_json(folder / HEAD, {**content, "label_names": list(saved.label_names)})


def read_frozen(folder: Path, trust: Trust = CAREFUL) -> SavedFrozen:
    """Load what `write_frozen` wrote.

    Raises:
        ModelError: If it is damaged.
    """
    try:
        facts = json_object(folder / HEAD)
        weights = load_file(folder / _WEIGHTS)
        head = linear(weights["weight"], weights["bias"])
        wrong = [n for n, kind in _FIELDS.items() if type(facts.get(n)) is not kind]
        names = tuple(map(str, facts["label_names"]))
        outputs = PROBLEMS[facts["kind"]].head_settings(names)["num_labels"]
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"the head in {folder} cannot be read ({error}); fit it again") from error
    body, tokenizer = Pretrained.find(folder, trust).bare()
    per_token = PROBLEMS[facts["kind"]].per_token
    bare = FrozenHead(body, tokenizer, facts["texts"], per_token=per_token).eval()
    if wrong or facts["version"] != _VERSION or tuple(head.weight.shape) != (outputs, _width(bare)):
        raise ModelError(f"{HEAD} in {folder} does not fit the weights next to it; fit it again")
    return SavedFrozen(bare.with_head(head).eval(), facts["kind"], names)


def _width(bare: FrozenHead) -> int:
    """The width of a model's features, which is not always its hidden size."""
    batch = bare.tokenizer(*["a"] * bare.texts, return_tensors="pt").to(bare.device)
    with torch.inference_mode():
        return int(bare(batch["input_ids"], batch["attention_mask"]).logits.shape[-1])
