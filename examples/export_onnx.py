"""Export a single classifier to ONNX: python examples/export_onnx.py MODEL FILE.onnx

It needs `pip install onnx onnxscript`. Nothing of steadytune is used: MODEL is any folder with a
fine-tuned classifier. Inputs and outputs have names and any number of rows and tokens.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer


class Logits(torch.nn.Module):
    """The model as a function from token numbers to logits."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits


def export(folder: str | Path, target: str | Path) -> None:
    """Write the model of a folder as ONNX."""
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    batch = tokenizer(["two", "texts as an example"], padding=True, return_tensors="pt")
    inputs = (batch["input_ids"], batch["attention_mask"])
    any_size = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    torch.onnx.export(
        Logits(model).eval(),
        inputs,
        str(target),
        input_names=["input_ids", "attention_mask"],
        output_names=["logits"],
        dynamic_shapes=(any_size, any_size),
        dynamo=True,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("file")
    given = parser.parse_args()
    export(given.model, given.file)
