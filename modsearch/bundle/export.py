"""Export: a network becomes a folder, which appears whole or not at all."""

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save
from torch import nn

import modsearch
from modsearch.bundle import check
from modsearch.bundle.card import model_card
from modsearch.bundle.config import CONFIG
from modsearch.bundle.latency import LATENCY
from modsearch.bundle.load import ARCHITECTURE, WEIGHTS
from modsearch.bundle.manifest import write_manifest
from modsearch.bundle.parity import Expected, Parity, Run, expected
from modsearch.bundle.runner import ONNX, Runner, runners
from modsearch.bundle.source import Source
from modsearch.message import must_be
from modsearch.models import fold_batch_norm, to_onnx
from modsearch.models.export import check_packages
from modsearch.models.runtime import runtime_version
from modsearch.statistic.interval import share_interval

PROGRAM, VERIFY, CHECK, STORED = "model.pt2", "verify.json", "check.py", "check.npz"
_NUM_STORED = 64
_MAX_BATCH = 65_536

OnStep = Callable[[str], None]


def export_bundle(source: Source, folder: Path, fold: bool = False, on_step: OnStep = lambda _: None) -> list[Parity]:
    """Write a network with everything that is needed to run and to check it.

    Each file is read again and held against the network on the source's images; where one differs nothing is left.

    Args:
        source: the network.
        folder: is made; it may be there and empty.
        fold: fold batch norm in ``model.pt2``, as it always is in ``model.onnx``.
        on_step: is told what is being done.

    Raises:
        ValueError: the folder is not empty, or packages for ONNX are missing.
        RuntimeError: a file gives other logits than the network; it is named.
    """
    folder = check_target(folder)
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        found = _fill(part, source, fold, on_step)
        if folder.is_dir():
            folder.rmdir()
        part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return found


def check_target(folder: Path) -> Path:
    """Where a bundle will lie.

    Raises:
        ValueError: it cannot be written there, or packages for ONNX are missing.
    """
    check_packages()
    place = folder.resolve()
    if not place.parent.is_dir():
        raise ValueError(f"There is no folder {str(place.parent)!r} for the bundle.")
    is_free = not place.exists() or (place.is_dir() and not any(place.iterdir()))
    if not is_free or folder.is_symlink() or place.is_mount():
        raise ValueError(must_be("--to", "a new or an empty folder", str(folder)))
    return place


def _fill(folder: Path, source: Source, fold: bool, on_step: OnStep) -> list[Parity]:
    on_step("running the network")
    wanted = expected(source.model, source.pixels_NHWC, source.config)
    on_step("writing model.pt2 and model.onnx")
    (folder / ARCHITECTURE).write_text(source.architecture.to_json() + "\n", encoding="utf-8")
    (folder / CONFIG).write_text(source.config.model_dump_json(indent=1) + "\n", encoding="utf-8")
    (folder / LATENCY).write_text(source.latencies.model_dump_json(indent=1) + "\n", encoding="utf-8")
    tensors = {name: tensor.contiguous() for name, tensor in source.model.state_dict().items()}
    (folder / WEIGHTS).write_bytes(save(tensors))  # save_file would make it its maker's alone
    _save_program(fold_batch_norm(source.model) if fold else source.model, source.config.image_size, folder / PROGRAM)
    to_onnx(source.model, source.config.image_size, folder / ONNX)
    shutil.copyfile(check.__file__, folder / CHECK)
    _store_images(folder / STORED, source, wanted)
    found = []
    program = Runner(PROGRAM, runtime_version("eager"), lambda: _read_program(folder / PROGRAM))
    for runner in (*runners(folder), program):
        on_step(f"checking {runner.file} in {runner.runtime}")
        parity = runner.compared(source.pixels_NHWC, source.config, wanted)
        if not parity.holds:
            raise RuntimeError(f"Nothing was exported: {parity.describe()}.")
        found.append(parity)
    verified = _verified(source, wanted, found)
    (folder / VERIFY).write_text(json.dumps(verified, indent=1) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(model_card(source, verified), encoding="utf-8")
    write_manifest(folder, {"modsearch": modsearch.__version__, "torch": torch.__version__})
    return found


def _save_program(model: nn.Module, image_size: int, path: Path) -> None:
    """As a graph for torch alone, for any batch size."""
    shapes = ({0: torch.export.Dim("batch", min=1, max=_MAX_BATCH)},)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, of what it will do otherwise one day
        program = torch.export.export(model, (torch.zeros(2, 3, image_size, image_size),), dynamic_shapes=shapes)
        torch.export.save(program, path)


def _read_program(path: Path) -> Run:
    """One that we have just written: torch may unpickle what such a file holds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.export.load(path).module()
    return lambda x_BCHW: module(x_BCHW)


def _store_images(path: Path, source: Source, wanted: Expected) -> None:
    """Images that anybody can replay, from all over those that are checked."""
    index_B = np.linspace(0, len(source.label_N) - 1, min(_NUM_STORED, len(source.label_N))).round().astype(int)
    np.savez_compressed(
        path,
        pixels=source.pixels_NHWC.numpy()[index_B],
        logits=wanted.logits_NK.numpy()[index_B],
        is_close=wanted.is_close_N.numpy()[index_B],
    )


def _verified(source: Source, wanted: Expected, found: list[Parity]) -> dict[str, Any]:
    """Accuracy on the images that were not learnt from, and how each file compares."""
    num = source.num_unseen
    num_right = int((wanted.logits_NK.argmax(1) == source.label_N)[:num].sum())
    low, high = share_interval(num_right, num)
    return {
        "schema_version": 1,
        "accuracy": {"value": num_right / num, "low": low, "high": high, "num_images": num, "images": "validation"},
        "num_images": len(source.label_N),
        "eager": runtime_version("eager"),
        "files": [vars(parity) for parity in found],
    }
