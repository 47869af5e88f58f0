"""Files in fewer bits: what is told of them, what is refused, and that they are checked like the others."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import openvino
import pytest
import torch
from PIL import Image
from torch import Tensor

from modsearch.bundle import Damaged, Source, check, export_bundle, reduced, speed, verify_bundle
from modsearch.bundle.latency import claims
from modsearch.bundle.reduced import Reduced
from modsearch.bundle.runner import Runner, start
from modsearch.bundle.selected import same_share, selected_channels, selected_in
from modsearch.bundle.speed import Speed, time_files
from modsearch.bundle.verify import Replay, SameClass
from modsearch.record import Score
from modsearch.space import TimingProtocol
from tests.bundle.environment import run_in
from tests.bundle.made import FILES, digits_source
from tests.bundle.test_latency import latency
from tests.conformance.tabulated import study_spec
from tests.scoring.conftest import shorten

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # an export takes long on a busy machine

Fewer = tuple[Path, Source, list[str]]
BOTH = ("float16", "int8")
HALF, INT8 = "model.half.onnx", "model.int8.onnx"


@pytest.fixture(scope="module")
def fewer(tmp_path_factory: pytest.TempPathFactory) -> Fewer:
    """A network that knows the digits, as a bundle, and what export said."""
    folder = tmp_path_factory.mktemp("made")
    source, _ = digits_source(folder, epochs=12)
    with pytest.MonkeyPatch.context() as patch:
        shorten(patch)
        patch.setattr(speed, "_PROTOCOL", TimingProtocol(processes=1, seconds=0))
        found = export_bundle(source, folder / "bundle", reduced=BOTH)
    return folder / "bundle", source, [finding.describe() for finding in found]


def _here(path: Path) -> Callable[[Tensor], Any]:
    run = start("openvino", path, ["logits"])
    return lambda x_BCHW: run(x_BCHW)[0]


def _in_check_py(path: Path) -> Callable[[Tensor], Any]:
    run = check.network_in_openvino(str(path))
    return lambda x_BCHW: run(x_BCHW.numpy())


@pytest.mark.parametrize("starts", [_here, _in_check_py])
def test_openvino_compiles_a_file_for_the_batch_that_comes(
    starts: Callable[[Path], Callable[[Tensor], Any]], fewer: Fewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, list[int]]] = []
    compile_model = openvino.Core.compile_model

    def spy(core: openvino.Core, model: openvino.Model, *others: object) -> object:
        seen.append((model.is_dynamic(), list(model.input().partial_shape.to_shape())))
        return compile_model(core, model, *others)

    monkeypatch.setattr(openvino.Core, "compile_model", spy)
    run = starts(fewer[0] / INT8)
    for num in (3, 2, 3):
        assert run(torch.zeros(num, 3, 8, 8)).shape == (num, 10)
    assert seen == [(False, [3, 3, 8, 8]), (False, [2, 3, 8, 8])]


@pytest.fixture
def harmed(fewer: Fewer, tmp_path: Path) -> Path:
    """A copy, to be harmed."""
    return Path(shutil.copytree(fewer[0], tmp_path / "bundle"))


def test_they_lie_beside_the_others_and_lose_little(fewer: Fewer) -> None:
    folder, source, _ = fewer
    assert {path.name for path in folder.iterdir()} == FILES | {HALF, INT8}
    verified = json.loads((folder / "verify.json").read_text())
    assert verified["int8"]["calibration_images"] == len(source.calibration_NHWC) == 256
    found = [Reduced(**stored) for stored in verified["reduced"]]
    assert [(one.file, one.runtime.partition(" ")[0]) for one in found] == [
        (file, runtime) for file in (HALF, INT8) for runtime in ("onnxruntime", "openvino")
    ]
    for one in found:
        assert one.num_unseen == source.num_unseen == verified["accuracy"]["num_images"]
        assert one.float_accuracy == verified["accuracy"]["value"] > 0.9
        assert one.points_lost < 5
        assert one.same_class > 0.95
        assert one.same_channels is not None
        assert one.same_channels > 0.9


def test_all_is_said(fewer: Fewer) -> None:
    folder, _, said = fewer
    card = (folder / "README.md").read_text()
    for file in (HALF, INT8):
        for runtime in ("onnxruntime", "openvino"):
            lines = [line for line in said if line.startswith(f"{file} in {runtime}")]
            assert len(lines) == 2
            assert "unseen images" in lines[0]
            assert "as fast as model.onnx, batch size 1, 1 thread" in lines[1]
            assert all(f"- {line}\n" in card for line in lines)
        assert f"| `{file}` |" in card
    assert "INT8 is calibrated on 256 training images; its weights have" in card


def test_a_loss_is_said_plainly() -> None:
    found = Reduced("a", "r 1", "int8", 1000, 500, 0.90, 0.923, 0.95, None)
    assert found.describe() == (
        "a in r 1: 90.0% of 500 unseen images, loses 2.3 points; 95.0% of 1,000 images get the same class"
    )
    assert "gains 1.0 points" in replace(found, accuracy=0.933).describe()
    assert "loses nothing" in replace(found, accuracy=0.92299).describe()
    assert "100.0% of selected channels the same" in replace(found, same_channels=1.0).describe()


def test_the_model_itself_has_its_metadata(fewer: Fewer) -> None:
    folder, source, _ = fewer
    for name in ("model.onnx", HALF, INT8):
        stored = onnx.load(folder / name)
        assert [(opset.domain, opset.version) for opset in stored.opset_import][:1] == [("", 20)]
        metadata = {entry.key: entry.value for entry in stored.metadata_props}
        assert metadata["architecture_id"] == source.architecture.id
        assert json.loads(metadata["class_names"]) == list("0123456789")
        assert json.loads(metadata["image_size"]) == 8
        assert str(Path(check.__file__).parents[1]).encode() not in (folder / name).read_bytes()


def test_on_other_images_it_is_told_how_many_get_the_same_class(fewer: Fewer, tmp_path: Path) -> None:
    folder, source, _ = fewer
    for name in source.config.class_names:
        (tmp_path / name).mkdir()
    some = range(0, len(source.label_N), len(source.label_N) // 60)[
        :60
    ]  # of all classes: they stand one after the other
    for number, (pixels_HWC, label) in enumerate((source.pixels_NHWC[index], source.label_N[index]) for index in some):
        file = tmp_path / source.config.class_names[int(label)] / f"{number:03}.png"
        Image.fromarray(pixels_HWC.numpy()).save(file)
    told = [found for found in verify_bundle(folder, tmp_path).reduced if isinstance(found, SameClass)]
    assert [(found.file, found.runtime.partition(" ")[0]) for found in told] == [
        (file, runtime) for file in (HALF, INT8) for runtime in ("onnxruntime", "openvino")
    ]
    assert all(50 < found.num_same <= found.num_images == 60 for found in told)
    assert told[0].describe().endswith(f"{told[0].num_same} of 60 images get the network's class")


def test_verify_replays_them(fewer: Fewer) -> None:
    found = verify_bundle(fewer[0])
    assert found.faults == []
    replays = [one for one in found.reduced if isinstance(one, Replay)]
    assert [one.file for one in replays] == [HALF, HALF, INT8, INT8]
    assert all(one.num_clear > 32 for one in replays)


@pytest.mark.parametrize("name", [HALF, INT8])
def test_a_bit_that_was_flipped_is_found(name: str, harmed: Path) -> None:
    content = bytearray((harmed / name).read_bytes())
    content[len(content) // 2] ^= 4
    (harmed / name).write_bytes(content)
    with pytest.raises(Damaged, match=rf"^{name} was changed since it was written"):
        verify_bundle(harmed)


def test_check_py_replays_them_alone(fewer: Fewer, alone: Path) -> None:
    done = run_in(alone, fewer[0] / "check.py")
    assert (done.returncode, done.stderr) == (0, "")
    for name in (HALF, INT8):
        assert f"{name}: 0 of " in done.stdout
    assert "all files are as they were written" in done.stdout


def test_another_network_is_none_that_rounds_otherwise() -> None:
    wanted_NK = np.eye(10, dtype=np.float32)[np.arange(40) % 10]
    assert check.is_same(*check.replayed(wanted_NK + 0.04, wanted_NK))
    assert not check.is_same(*check.replayed(wanted_NK + 0.06, wanted_NK))
    few_others = wanted_NK.copy()
    few_others[:2] = few_others[:2, ::-1]
    assert check.replayed(few_others, wanted_NK) == (40, 2, 0.0)
    assert check.is_same(40, 2, 0.0)
    assert not check.is_same(40, 3, 0.0)
    assert not check.is_same(*check.replayed(wanted_NK * np.nan, wanted_NK))
    assert check.replayed(few_others, 0.01 * wanted_NK + 1)[0] == 0  # no class is clear


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_logits_that_are_no_numbers_leave_nothing(
    value: float, fewer: Fewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = Runner.logits

    def wrong(runner: Runner, *given: object) -> Tensor:
        logits_NK = genuine(runner, *given)  # type: ignore[arg-type]
        return torch.full_like(logits_NK, value) if runner.file == INT8 else logits_NK

    monkeypatch.setattr(Runner, "logits", wrong)
    with pytest.raises(RuntimeError, match=r"^model\.int8\.onnx in onnxruntime .* no finite numbers"):
        export_bundle(fewer[1], tmp_path / "bundle", reduced=["int8"])
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_read_leaves_nothing(
    fewer: Fewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reduced, "to_int8", lambda *given, **_: given[2].write_bytes(b"no network"))
    with pytest.raises(RuntimeError, match=r"^model\.int8\.onnx cannot be run in onnxruntime"):
        export_bundle(fewer[1], tmp_path / "bundle", reduced=["int8"])
    assert list(tmp_path.iterdir()) == []


def test_selections_of_a_file_are_those_of_the_network(fewer: Fewer) -> None:
    folder, source, _ = fewer
    pixels_NHWC = source.pixels_NHWC[:150]
    own_NC = selected_channels(source.model, pixels_NHWC, source.config)
    assert own_NC is not None
    assert own_NC.shape == (150, 8 + 32)
    assert own_NC[:, :8].sum(1).unique().tolist() == [4]  # c is 2, then 4
    assert own_NC[:, 8:].sum(1).unique().tolist() == [8]
    for runtime in ("onnxruntime", "openvino"):
        found_NC = selected_in(folder / "model.onnx", runtime, source.model, pixels_NHWC, source.config)
        assert same_share(own_NC, found_NC) > 0.999
    assert same_share(own_NC, ~own_NC) == 0
    assert selected_channels(torch.nn.Flatten(), pixels_NHWC, source.config) is None


def test_files_are_timed_as_the_study_timed(
    fewer: Fewer, monkeypatch: pytest.MonkeyPatch, deployed: Callable[[Source], Source]
) -> None:
    folder, source, _ = fewer
    shorten(monkeypatch)
    monkeypatch.setattr(speed, "_PROTOCOL", TimingProtocol(processes=1, seconds=0))
    found = list(time_files(deployed(source), folder, [INT8]))
    assert [(one.file, one.batch_size, one.threads) for one in found] == [(INT8, 3, 1)] * 2
    assert all(0 < one.low <= one.speedup <= one.high for one in found)
    line = Speed(INT8, "r 1", 3, 2, 2.0, 1.9, 2.1, "m", "precise").describe()
    assert line == "model.int8.onnx in r 1: 2.00x (1.90 to 2.10) as fast as model.onnx, batch size 3, 2 threads"


@pytest.fixture
def deployed() -> Callable[[Source], Source]:
    """Gives a network that was timed at a batch size of 3, on a CPU, and on a GPU before."""

    places = {
        "gpu": {"image_size": 8, "num_classes": 10, "batch_size": 64, "device": "cuda"},
        "cpu": {"image_size": 8, "num_classes": 10, "batch_size": 3},
    }
    score = Score(metrics={f"relative_latency@{place}": latency(0.5) for place in places})
    timed = claims(study_spec(deployments=places, objectives=("accuracy", "relative_latency@cpu")), score)
    return lambda source: replace(source, latencies=timed)
