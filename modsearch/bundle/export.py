"""Export: a network becomes a folder, which appears whole or not at all."""

import io
import json
import os
import shutil
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn

import modsearch
from modsearch.bundle import check
from modsearch.bundle.card import model_card
from modsearch.bundle.config import ARCHITECTURE, CONFIG
from modsearch.bundle.fewer_bits import add_reduced
from modsearch.bundle.latency import write_latency
from modsearch.bundle.load import WEIGHTS
from modsearch.bundle.manifest import write_manifest
from modsearch.bundle.parity import Expected, Parity, Run, expected
from modsearch.bundle.reduced import ReducedDtype
from modsearch.bundle.runner import ONNX, Runner, runners, runtimes
from modsearch.bundle.source import Source
from modsearch.message import must_be
from modsearch.models import fold_batch_norm, to_onnx
from modsearch.models.export import check_packages
from modsearch.models.quantise import check_quantiser
from modsearch.models.runtime import runtime_version
from modsearch.record import Judged, Measurement
from modsearch.statistic.interval import share_interval

PROGRAM, VERIFY, CHECK, STORED = "model.pt2", "verify.json", "check.py", "check.npz"
_NUM_STORED = 64
_MAX_BATCH = 65_536

OnStep = Callable[[str], None]


class Finding(Protocol):
    """What was found out about a file."""

    def describe(self) -> str:
        """One line."""


def export_bundle(
    source: Source,
    folder: Path,
    fold: bool = False,
    on_step: OnStep = lambda _: None,
    reduced: Sequence[ReducedDtype] = (),
) -> list[Finding]:
    """Write a network with everything that is needed to run and to check it.

    Each file is read again and held against the network on the source's images; where one differs nothing is left. Of
    files in fewer bits it is told what they lose.

    Args:
        source: the network.
        folder: is made; it may be there and empty.
        fold: fold batch norm in ``model.pt2``, as it always is in ``model.onnx``.
        on_step: is told what is being done.
        reduced: number formats of further files.

    Raises:
        ValueError: the folder is not empty or cannot be written, as on a full disk, packages for ONNX are missing, or
            files in fewer bits are asked for where images are drawn.
        RuntimeError: a file gives other logits than the network, or one in fewer bits none; it is named.
        MemoryError: there is too little of it to time the files in fewer bits.
    """
    folder = check_target(folder, reduced)
    if reduced and source.is_drawn:
        raise ValueError("--half and --int8 need the images of the training, which are gone: say with --data where.")
    part = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        found = _fill(part, source, fold, on_step, reduced)
        if folder.is_dir():
            folder.rmdir()
        part.replace(folder)
    except OSError as error:
        raise ValueError(f"The folder {str(folder)!r} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return found


def check_target(folder: Path, reduced: Sequence[ReducedDtype] = ()) -> Path:
    """Where a bundle will lie.

    Raises:
        ValueError: it cannot be written there, or packages for ONNX are missing, or for files in fewer bits.
    """
    check_packages()
    if not runtimes():
        raise ValueError("model.onnx is run before it is given away, which needs onnxruntime or openvino: install one.")
    if reduced:
        check_quantiser()  # and what checks them
    place = folder.resolve()
    if not place.parent.is_dir():
        raise ValueError(f"There is no folder {str(place.parent)!r} for the bundle.")
    if not os.access(place.parent, os.W_OK):
        raise ValueError(f"The folder {str(place.parent)!r} cannot be written to.")
    is_free = not place.exists() or (place.is_dir() and not any(place.iterdir()))
    if not is_free or folder.is_symlink() or place.is_mount():
        raise ValueError(must_be("--to", "a new or an empty folder", str(folder)))
    return place


def _fill(folder: Path, source: Source, fold: bool, on_step: OnStep, reduced: Sequence[ReducedDtype]) -> list[Finding]:
    on_step("running the network")
    wanted = expected(source.model, source.pixels_NHWC, source.config)
    on_step("writing model.pt2 and model.onnx")
    (folder / ARCHITECTURE).write_text(source.architecture.to_json() + "\n", encoding="utf-8")
    (folder / CONFIG).write_text(source.config.model_dump_json(indent=1) + "\n", encoding="utf-8")
    write_latency(folder, source.latencies)
    tensors = {name: tensor.contiguous() for name, tensor in source.model.state_dict().items()}
    (folder / WEIGHTS).write_bytes(save(tensors))  # save_file would make it its maker's alone
    _save_program(fold_batch_norm(source.model) if fold else source.model, source.config.image_size, folder / PROGRAM)
    to_onnx(source.model, source.config.image_size, folder / ONNX, metadata=source.config.metadata())
    shutil.copyfile(check.__file__, folder / CHECK)
    found = _compared(folder, source, wanted, on_step)
    fewer = add_reduced(source, folder, wanted, reduced, on_step)
    _store_images(folder / STORED, source, wanted, fewer.logits)
    verified = _verified(source, wanted, found) | fewer.record()
    (folder / VERIFY).write_text(json.dumps(verified, indent=1) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(model_card(source, verified), encoding="utf-8")
    write_manifest(folder, {"modsearch": modsearch.__version__, "torch": torch.__version__})
    return [*found, *fewer.files, *fewer.speeds]


def _compared(folder: Path, source: Source, wanted: Expected, on_step: OnStep) -> list[Parity]:
    """Each file against the network."""
    found = []
    program = Runner(PROGRAM, runtime_version("eager"), lambda: _read_program(folder / PROGRAM))
    for runner in (*runners(folder), program):
        on_step(f"checking {runner.file} in {runner.runtime}")
        parity = runner.compared(source.pixels_NHWC, source.config, wanted)
        if not parity.holds:
            raise RuntimeError(f"Nothing was exported: {parity.describe()}.")
        found.append(parity)
    return found


def _save_program(model: nn.Module, image_size: int, path: Path) -> None:
    """As a graph for torch alone, for any batch size."""
    shapes = ({0: torch.export.Dim("batch", min=1, max=_MAX_BATCH)},)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, of what it will do otherwise one day
        program = torch.export.export(model, (torch.zeros(2, 3, image_size, image_size),), dynamic_shapes=shapes)
        written = io.BytesIO()  # torch's own writer of files ends the process where the disk is full
        torch.export.save(program, written)
    path.write_bytes(written.getbuffer())


def _read_program(path: Path) -> Run:
    """One that we have just written: torch may unpickle what such a file holds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.export.load(path).module()
    return lambda x_BCHW: module(x_BCHW)


def _store_images(path: Path, source: Source, wanted: Expected, reduced: Mapping[ReducedDtype, Tensor]) -> None:
    """Images that anybody can replay, from all over those that are checked."""
    index_B = np.linspace(0, len(source.label_N) - 1, min(_NUM_STORED, len(source.label_N))).round().astype(int)
    np.savez_compressed(
        path,
        pixels=source.pixels_NHWC.numpy()[index_B],
        logits=wanted.logits_NK.numpy()[index_B],
        is_close=wanted.is_close_N.numpy()[index_B],
        **{f"logits_{dtype}": logits_NK.numpy()[index_B] for dtype, logits_NK in reduced.items()},
    )


def _verified(source: Source, wanted: Expected, found: list[Parity]) -> dict[str, Any]:
    """Accuracy on the images that were not learnt from, and how each file compares."""
    trained = source.accuracy
    return {
        "schema_version": 1,
        **({} if source.is_drawn else {"accuracy": _checked_accuracy(source, wanted)}),
        **({} if trained is None else {"training": _accuracy(trained, source.judged)}),
        "num_images": len(source.label_N),
        "images": "drawn" if source.is_drawn else "real",
        "eager": runtime_version("eager"),
        "files": [vars(parity) for parity in found],
    }


def _checked_accuracy(source: Source, wanted: Expected) -> dict[str, Any]:
    num = source.num_unseen
    num_right = int((wanted.logits_NK.argmax(1) == source.label_N)[:num].sum())
    low, high = share_interval(num_right, num)
    ends = {"value": num_right / num, "low": low, "high": high}
    return {**ends, "num_images": num, "images": source.judged, "sha256": source.unseen}


def _accuracy(measured: Measurement, judged: Judged) -> dict[str, Any]:
    """On all images that judged a training, of which at most 2,000 are checked."""
    ends = {"value": measured.value, "low": measured.low, "high": measured.high}
    return {**ends, "num_images": measured.num_samples, "images": judged}
