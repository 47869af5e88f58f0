"""Checks this folder, or classifies images: needs numpy, Pillow, and onnxruntime or openvino, and nothing else.

python check.py            # hashes of all files, and the stored images against their stored logits
python check.py IMAGE ...  # hashes of all files, and the five most likely classes of each image
"""

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

try:
    import numpy as np
    from PIL import Image, ImageOps
except ImportError:
    print("check.py: it needs numpy and Pillow: pip install numpy pillow", file=sys.stderr)
    sys.exit(2)

FOLDER = Path(__file__).resolve().parent
TOLERANCE = 1e-4  # of logits, as a fraction of the largest
REDUCED = {"logits_float16": "model.half.onnx", "logits_int8": "model.int8.onnx"}  # by the names of their stored logits
CLEAR, TYPICAL, SHARE = 0.1, 0.05, 0.05  # see replayed


def network(file: str = "model.onnx") -> Callable[[Any], Any]:
    """A function from images (B, 3, H, W) in float32 to logits (B, K)."""
    path = str(FOLDER / file)
    try:
        import onnxruntime
    except ImportError:
        return network_in_openvino(path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda x_BCHW: session.run(["logits"], {"images": x_BCHW})[0]


def network_in_openvino(path: str) -> Callable[[Any], Any]:
    """The same, compiled for each batch size that comes: for any, 8-bit integers may crash on processors with AMX."""
    import openvino

    core = openvino.Core()

    @cache
    def compiled(shape: tuple[int, ...]) -> Any:
        model = core.read_model(path)
        model.reshape(list(shape))
        return core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    return lambda x_BCHW: compiled(x_BCHW.shape)(x_BCHW)[0]


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
    return next(filter(None, (replay_reduced(name, config) for name in REDUCED)), "")


def replay_reduced(name: str, config: dict[str, Any]) -> str:
    """The same of a file in fewer bits; empty too where there is none."""
    with np.load(FOLDER / "check.npz", allow_pickle=False) as stored:
        if name not in stored.files:
            return ""
        images, wanted = stored["pixels"], stored[name]
    num_clear, num_other, apart = replayed(network(REDUCED[name])(normalised(images, config)), wanted)
    words = f"{REDUCED[name]}: {num_other} of {num_clear} clear images have another class, logits differ by {apart:.1e}"
    if not is_same(num_clear, num_other, apart):
        return words
    print(words)
    return ""


def replayed(found_NK: Any, wanted_NK: Any) -> tuple[int, int, float]:
    """Logits of a file in fewer bits, held against the stored ones of another processor or runtime.

    These round otherwise, which may change the selection of a channel and so an image's logits altogether. An image is
    clear where its two best classes lie a tenth of the largest logit apart.

    Returns:
        Clear images, those of them with another class, and the largest difference of an image's logits as a fraction of
        the largest logit: the median over all images.
    """
    largest = np.abs(wanted_NK).max()
    best_N2 = np.sort(wanted_NK, axis=1)[:, -2:]
    is_clear_N = best_N2[:, 1] - best_N2[:, 0] > CLEAR * largest
    is_other_N = found_NK.argmax(1) != wanted_NK.argmax(1)
    apart = float(np.median(np.abs(found_NK - wanted_NK).max(axis=1)) / largest)
    return int(is_clear_N.sum()), int((is_clear_N & is_other_N).sum()), apart


def is_same(num_clear: int, num_other: int, apart: float) -> bool:
    """Whether that is the same network: a twentieth of the clear images may differ, and logits by a twentieth."""
    return num_other <= SHARE * num_clear and apart <= TYPICAL


def check() -> int:
    """Returns the exit code."""
    fault = replay(read_config())
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
    if name := damaged():
        print(f"check.py: {name} is missing or was changed", file=sys.stderr)
        return 1
    try:
        return classify(arguments) if arguments else check()
    except ImportError:
        print("check.py: it needs onnxruntime or openvino: pip install onnxruntime", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
