"""What a stranger gets who has the images, ``config.json`` and ``model.onnx``: the accuracy that ``verify.json`` says.

Nothing of modsearch prepares an image here, or says which ones the network did not learn from.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps
from sklearn.datasets import load_digits

from modsearch.bundle import Source, export_bundle, proxy_source, verify_bundle
from modsearch.record import Trained
from tests.bundle.environment import run_in
from tests.bundle.made import NETWORK, photographs, trained

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # an export takes long on a busy machine

Raw = Iterable[tuple[str, bytes, Image.Image]]
"""All images of a data set before they are prepared: class, content, and what Pillow makes of it."""


def read(bundle: Path, name: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((bundle / name).read_text())
    return said


def prepared(image: Image.Image, config: dict[str, Any]) -> NDArray[np.uint8]:
    """By the words of the model card."""
    size, crop, draft = config["resize"], config["image_size"], config["jpeg_draft"]
    assert config["interpolation"] == "bilinear"
    image.draft(None, (draft * size, draft * size))
    upright = ImageOps.exif_transpose(image).convert("RGB")
    side = min(upright.size)
    left, top = (upright.width - side) // 2, (upright.height - side) // 2
    square = upright.resize((size, size), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side))
    start = (size - crop) // 2
    return np.asarray(square)[start : start + crop, start : start + crop]


def classes(bundle: Path, pixels_NHWC: Sequence[NDArray[np.uint8]]) -> list[str]:
    """What ``model.onnx`` takes prepared images for."""
    config = read(bundle, "config.json")
    mean, std = np.float32(config["mean"]), np.float32(config["std"])
    session = onnxruntime.InferenceSession(bundle / "model.onnx")
    found = []
    for pixels_HWC in pixels_NHWC:
        x_1CHW = ((pixels_HWC.astype(np.float32) / 255 - mean) / std).transpose(2, 0, 1)[None]
        [logits] = session.run(None, {"images": np.ascontiguousarray(x_1CHW)})
        found.append(config["class_names"][int(logits.argmax())])
    return found


def unseen(bundle: Path, raw: Raw) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Class and pixels of those images that the network did not learn from."""
    config, hashes = read(bundle, "config.json"), read(bundle, "verify.json")["accuracy"]["sha256"]
    for name, content, image in raw:
        if hashlib.sha256(content).hexdigest() in hashes[name]:
            yield name, prepared(image, config)


def check_accuracy(bundle: Path, raw: Raw, source: Source, found: Trained) -> None:
    """It is that of ``verify.json``, which is what the search measured, on images that are not those of training."""
    names, pixels_NHWC = zip(*unseen(bundle, raw), strict=True)
    num_right = sum(map(str.__eq__, names, classes(bundle, pixels_NHWC)))
    said, measured = read(bundle, "verify.json")["accuracy"], found.score.metrics["accuracy"]
    wanted = (measured.value, measured.num_samples)
    assert (num_right / len(names), len(names)) == (said["value"], said["num_images"]) == wanted
    stored = [pixels.tobytes() for pixels in source.pixels_NHWC.numpy()]
    mine = {pixels_HWC.tobytes() for pixels_HWC in pixels_NHWC}
    assert mine == set(stored[: source.num_unseen])
    assert not mine & set(stored[source.num_unseen :])


def test_of_the_digits(made: tuple[Path, Source, Trained]) -> None:
    bundle, source, found = made
    digits = load_digits()
    grey_NHW = np.rint(digits.images * (255 / 16)).astype(np.uint8)
    labelled = zip(digits.target, np.stack([grey_NHW] * 3, axis=3), strict=True)
    raw = [(str(label), pixels.tobytes(), Image.fromarray(pixels)) for label, pixels in labelled]
    check_accuracy(bundle, raw, source, found)


@pytest.mark.parametrize("image_size", [16, 72])  # above 64 pixels there is a margin, of which the middle is taken
def test_of_a_folder_of_images(image_size: int, tmp_path: Path, with_onnxruntime: Path) -> None:
    images, bundle = tmp_path / "images", tmp_path / "bundle"
    spec = photographs(images, image_size=image_size)
    found, weights = trained(spec, tmp_path)
    source = proxy_source(spec, NETWORK, weights)
    export_bundle(source, bundle)
    paths = sorted(images.glob("*/*"))
    raw = [(path.parent.name, content := path.read_bytes(), Image.open(BytesIO(content))) for path in paths]
    check_accuracy(bundle, raw, source, found)
    check_classes(with_onnxruntime, bundle, paths)
    check_other_images(bundle, images)


def check_classes(python: Path, bundle: Path, paths: Sequence[Path]) -> None:
    """``check.py`` prepares them alike."""
    config = read(bundle, "config.json")
    done = run_in(python, bundle / "check.py", *paths)
    assert (done.returncode, done.stderr) == (0, "")
    wanted = classes(bundle, [prepared(Image.open(path), config) for path in paths])
    for line, path, name in zip(done.stdout.splitlines(), paths, wanted, strict=True):
        assert line.startswith(f"{path}: {name} ")


def check_other_images(bundle: Path, images: Path) -> None:
    """Our own verb compares on images that are given, if they are of the same classes."""
    verified = verify_bundle(bundle, images)
    assert verified.faults == []
    assert {parity.num_images for parity in verified.files} == {60}
    shutil.move(images / "dark", images / "dim")
    with pytest.raises(ValueError, match=r"--data must be a folder of the 2 classes of the bundle\. Got 'dim, light'"):
        verify_bundle(bundle, images)
