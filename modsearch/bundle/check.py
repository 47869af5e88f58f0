"""Checks this folder, or classifies images: needs numpy, Pillow, and onnxruntime or openvino, and nothing else.

python check.py            # hashes of all files, and the stored images against their stored logits
python check.py IMAGE ...  # the five most likely classes of each image
"""

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

FOLDER = Path(__file__).resolve().parent
TOLERANCE = 1e-4  # of logits, as a fraction of the largest


def network() -> Callable[[Any], Any]:
    """A function from images (B, 3, H, W) in float32 to logits (B, K)."""
    path = str(FOLDER / "model.onnx")
    try:
        import onnxruntime
    except ImportError:
        import openvino

        compiled = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        return lambda x_BCHW: compiled(x_BCHW)[compiled.output(0)]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda x_BCHW: session.run(["logits"], {"images": x_BCHW})[0]


def pixels(path: str, config: dict[str, Any]) -> Any:
    """The middle of an image as the network was trained on: uint8 (image_size, image_size, 3)."""
    size, crop, draft = config["resize"], config["image_size"], config["jpeg_draft"]
    with Image.open(path) as image:
        image.draft(None, (draft * size, draft * size))
        image.load()
        with suppress(Exception):  # EXIF data are often broken where the image is sound
            ImageOps.exif_transpose(image, in_place=True)
        square = eight_bits(image).convert("RGB")
    if square.size != (size, size):
        side = min(square.size)
        left, top = (square.width - side) // 2, (square.height - side) // 2
        box = (left, top, left + side, top + side)
        square = square.resize((size, size), Image.Resampling.BILINEAR, box=box)
    start = (size - crop) // 2
    return np.asarray(square)[start : start + crop, start : start + crop]


def eight_bits(image: Image.Image) -> Image.Image:
    """Of 16 bits a channel the high ones."""
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return image


def normalised(pixels_NHWC: Any, config: dict[str, Any]) -> Any:
    """uint8 (N, H, W, 3) -> float32 (N, 3, H, W)."""
    mean, std = np.float32(config["mean"]), np.float32(config["std"])
    return np.ascontiguousarray(((pixels_NHWC.astype(np.float32) / 255 - mean) / std).transpose(0, 3, 1, 2))


def damaged() -> str | None:
    """The first file whose bytes are not those of the manifest; None where all are."""
    try:
        content = (FOLDER / "manifest.json").read_bytes()
        said = json.loads(content)
        digest = said.pop("sha256")
        if hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest() != digest:
            return "manifest.json"
        if (json.dumps(said | {"sha256": digest}, indent=1) + "\n").encode() != content:
            return "manifest.json"
    except (OSError, ValueError, KeyError, AttributeError):
        return "manifest.json"
    files: dict[str, str] = said["files"]
    for name, digest in files.items():
        path = FOLDER / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            return name
    return None


def replay(config: dict[str, Any]) -> str:
    """What is wrong with the network's answers to the stored images; empty where nothing is."""
    with np.load(FOLDER / "check.npz", allow_pickle=False) as stored:
        images, wanted, close = stored["pixels"], stored["logits"], stored["is_close"]
    found = network()(normalised(images, config))
    apart = (np.abs(found - wanted).max(axis=1)[~close] / np.abs(wanted).max()).max(initial=0.0)
    others = int((found.argmax(1) != wanted.argmax(1))[~close].sum())
    if others or not apart <= TOLERANCE:
        return f"{others} of {len(images)} stored images have another class, logits differ by {apart:.1e}"
    print(f"{len(images)} stored images: same classes, logits within {apart:.1e} of the largest")
    return ""


def check() -> int:
    """Returns the exit code."""
    name = damaged()
    fault = f"{name} is missing or was changed" if name else replay(read_config())
    print(f"check.py: {fault}" if fault else "all files are as they were written", file=sys.stderr if fault else None)
    return 1 if fault else 0


def classify(paths: Sequence[str]) -> int:
    """Returns the exit code."""
    config, run, code = read_config(), network(), 0
    for path in paths:
        try:
            x_1CHW = normalised(pixels(path, config)[None], config)
        except Exception as error:  # Pillow's readers raise whatever their formats break with
            print(f"check.py: {path} cannot be read: {error}", file=sys.stderr)
            code = 2
            continue
        logits = run(x_1CHW)[0].astype(np.float64)
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        best = np.argsort(-shares)[:5]
        print(f"{path}: " + ", ".join(f"{config['class_names'][index]} {shares[index]:.3f}" for index in best))
    return code


def read_config() -> dict[str, Any]:
    """What ``config.json`` says."""
    config: dict[str, Any] = json.loads((FOLDER / "config.json").read_text(encoding="utf-8"))
    return config


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code."""
    try:
        return classify(arguments) if arguments else check()
    except ImportError:
        print("check.py: it needs onnxruntime or openvino: pip install onnxruntime", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
