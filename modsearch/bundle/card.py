"""The model card of a bundle: its README.md, with the block of metadata that model hubs read."""

from typing import Any

from modsearch.architecture import published_name
from modsearch.bundle.reduced import Reduced
from modsearch.bundle.source import Source
from modsearch.bundle.speed import Speed

_HEAD = """\
---
library_name: modsearch
pipeline_tag: image-classification
tags: [image-classification, neural-architecture-search, mixture-of-depths]
metrics: [accuracy]
model-index:
- name: "{name}"
  results:
  - task: {{type: image-classification}}
    dataset: {{type: {dataset}, name: {judged} images}}
    metrics: [{{type: accuracy, value: {accuracy:.4f}}}]
---
"""
_BODY = """
# {name}

`{description}`

An image classifier with {num_params:,} parameters for {num_classes} classes. Its weights: {origin}.{warning}

| | |
| --- | --- |
| top-1 accuracy | {accuracy:.1%} ({low:.1%} to {high:.1%}) of {num_images:,} {judged} images |
| input | float32 (B, 3, {size}, {size}), any B |
| output | logits (B, {num_classes}) |

## Preparing an image

Read it upright and as RGB (a JPEG file by Pillow's `draft`, at twice the size that is needed or more), resize its
centre square to {resize} x {resize} pixels (bilinear), take the middle {size} x {size}, divide by 255, subtract the
mean {mean} and divide by the standard deviation {std}. `config.json` has all of it, and the names of the classes.

## Files

| File | What it is |
| --- | --- |
| `model.onnx` | for ONNX Runtime and OpenVINO: batch norm folded, any batch size |
{reduced_rows}| `model.pt2` | for PyTorch alone: `torch.export.load("model.pt2").module()` |
| `model.safetensors`, `architecture.json` | for modsearch: `modsearch.load("this folder")` |
| `check.py`, `check.npz` | `python check.py` checks this folder, `python check.py IMAGE` classifies |
| `verify.json` | how each file compared with the network when it was exported |
| `latency.json` | what was timed, where: `modsearch verify --latency` times it again |
| `manifest.json` | versions, and a hash of every file |

`check.py` needs numpy, Pillow, and onnxruntime or openvino.
"""
_ROWS = {
    "float16": "| `model.half.onnx` | the same with 16-bit floats inside; images and logits are float32 |\n",
    "int8": "| `model.int8.onnx` | the same with 8-bit integers inside; images and logits are float32 |\n",
}
_FEWER = """
## Fewer bits

Channels are scored and selected in 32 bits in these files too.{calibration}

"""
_PROXY = (
    " **They were trained for a short time, to compare networks with each other: train it in full before it is used.**"
)
_DRAWN = " Their images were not there when this folder was written: its files were compared on drawn ones."


def model_card(source: Source, verified: dict[str, Any]) -> str:
    """The text."""
    config, accuracy = source.config, verified.get("training") or verified["accuracy"]
    name = published_name(source.architecture) or source.architecture.id
    values = {
        "name": name,
        "description": source.architecture.describe(),
        "num_params": sum(parameter.numel() for parameter in source.model.parameters()),
        "num_classes": len(config.class_names),
        "origin": source.origin,
        "warning": (_PROXY if source.is_proxy else "") + _other_size(source) + (_DRAWN if source.is_drawn else ""),
        "dataset": source.dataset,
        "accuracy": accuracy["value"],
        "low": accuracy["low"],
        "high": accuracy["high"],
        "num_images": accuracy["num_images"],
        "judged": source.judged,
        "size": config.image_size,
        "resize": config.resize,
        "mean": _rounded(config.mean),
        "std": _rounded(config.std),
        "reduced_rows": "".join(_ROWS[dtype] for dtype in dict.fromkeys(one["dtype"] for one in _reduced(verified))),
    }
    return _HEAD.format(**values) + _BODY.format(**values) + _fewer_bits(verified)


def _reduced(verified: dict[str, Any]) -> list[dict[str, Any]]:
    """What was found out about files in fewer bits."""
    found: list[dict[str, Any]] = verified.get("reduced", [])
    return found


def _fewer_bits(verified: dict[str, Any]) -> str:
    """A line for each file in each runtime; nothing where there are none."""
    if not _reduced(verified):
        return ""
    calibration = ""
    if int8 := verified.get("int8"):
        calibration = (
            f" INT8 is calibrated on {int8['calibration_images']} training images; "
            f"its weights have {int8['weight_bits']} bits. "
            "In OpenVINO give it a fixed batch size (`reshape`) before it is compiled: compiled for any, it may crash "
            "on Intel processors with AMX."
        )
    lines = [Reduced(**one).describe() for one in _reduced(verified)]
    lines += [Speed(**one).describe() for one in verified["speed"]]
    return _FEWER.format(calibration=calibration) + "".join(f"- {line}\n" for line in lines)


def _other_size(source: Source) -> str:
    size = source.config.image_size
    if size == source.timed_size:
        return ""
    return f" They were trained at {size} pixels, which this folder takes; the study timed {source.timed_size} pixels."


def _rounded(values: tuple[float, ...]) -> str:
    return f"({', '.join(f'{value:.4f}' for value in values)})"
