"""From a training to networks that are deployed: what they are worth, how large they are, how fast in each runtime.

    modsearch train STUDY --id ID --with deleted,reference --recipe cifar --out TRAINED
    python -m benchmarks.deploy TRAINED [--seconds S]

Exports each network of the folder with all files, verifies each export, and times the networks beside each other at
batch 1 on one thread: eager, torch.compile, and the exported files in ONNX Runtime and OpenVINO, in float32 and in
INT8. What comes out goes to ``docs/results/deploy``: results.json, and the learning curve of the chosen network.
"""

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from modsearch.architecture import Architecture
from modsearch.machine import num_cpus, processor
from modsearch.record import Measurement, TrainingRequest
from modsearch.record.training_file import read_request, read_result
from modsearch.scoring.count import count
from modsearch.scoring.latency import build_target, time_networks
from modsearch.space import Deployment, TimingProtocol

OUT = Path(__file__).parents[1] / "docs" / "results" / "deploy"
FILES = ("model.safetensors", "model.pt2", "model.onnx", "model.half.onnx", "model.int8.onnx")
PLACES: dict[str, tuple[dict[str, str], str]] = {
    "eager": ({}, ""),
    "compile": ({"runtime": "compile"}, ""),
    "onnxruntime": ({"runtime": "onnxruntime"}, "model.onnx"),
    "openvino": ({"runtime": "openvino"}, "model.onnx"),
    "onnxruntime_int8": ({"runtime": "onnxruntime", "dtype": "int8"}, "model.int8.onnx"),
    "openvino_int8": ({"runtime": "openvino", "dtype": "int8"}, "model.int8.onnx"),
}
"""Fields of the deployment, and the exported file that is timed there; none where torch runs the network."""


def run(*arguments: str) -> str:
    """A command of modsearch; what it printed."""
    print("$ modsearch", shlex.join(arguments), flush=True)
    command = [sys.executable, "-m", "modsearch", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(done.stdout, flush=True)
    if done.returncode:
        raise SystemExit(done.returncode)
    return done.stdout


def exported(trained: Path, folder: Path) -> dict[str, Any]:
    """What an export says of itself, and whether it is verified."""
    run("export", str(trained), "--to", str(folder), "--half", "--int8")
    said = run("verify", str(folder)).splitlines()
    return {
        "verify": json.loads((folder / "verify.json").read_text()),
        "verified": said[-1],
        "bytes": {name: (folder / name).stat().st_size for name in FILES},
    }


def described(trained: Path) -> dict[str, Any]:
    """What a training gave."""
    request, result = read_request(trained), read_result(trained)
    assert result is not None
    network = request.architecture
    deployment = Deployment(image_size=request.recipe.size, num_classes=len(request.class_names))
    counted = count(build_target(network, deployment), request.recipe.size)
    return {
        "name": request.name,
        "id": network.id,
        "architecture": network.describe(),
        "num_mod_blocks": network.num_mod_blocks,
        "params": counted.params,
        "gmacs": counted.gmacs,
        "epoch": result.epoch,
        "epochs": request.recipe.epochs,
        "num_train": request.num_train,
        "judged": result.judged,
        "accuracy": interval(result.accuracy),
        "trained_on": result.accuracy.environment.describe() if result.accuracy.environment else "",
        "validation": None if result.validation is None else interval(result.validation),
        "minutes": sum(epoch.seconds for epoch in result.curve) / 60,
    }


def interval(measured: Measurement) -> dict[str, float]:
    ends = {"value": measured.value, "low": measured.low, "high": measured.high}
    return ends | {"num_samples": measured.num_samples}


def timed(networks: dict[str, Architecture], folder: Path, request: TrainingRequest, seconds: float) -> dict[str, Any]:
    """Latency of each network and its ratio to the last one, at each place; the exports lie in ``folder``."""
    found: dict[str, Any] = {}
    names = list(networks)
    pairs = [(name, names[-1]) for name in names[:-1]] + [(names[0], names[1])]
    for place, (fields, file) in PLACES.items():
        sizes = {"image_size": request.recipe.size, "num_classes": len(request.class_names)}
        deployment = Deployment.model_validate(sizes | fields)
        files = {name: folder / name / file for name in names} if file else None
        print(deployment.describe(), flush=True)
        timing = time_networks(networks, deployment, TimingProtocol(seconds=seconds), pairs, prepared=files)
        found[place] = {
            "deployment": deployment.describe(),
            "latency_ms": {name: interval(timing.latency_ms(name)) for name in names},
            "ratios": {f"{one} / {other}": interval(timing.relative_latency(one, other)) for one, other in pairs},
            "ending": timing.ending,
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trained", type=Path)
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    comparison = json.loads((options.trained / "comparison.json").read_text())
    folders = {network["name"]: options.trained / network["name"] for network in comparison["networks"]}
    first, *_ = requests = [read_request(folder) for folder in folders.values()]
    OUT.mkdir(exist_ok=True)
    networks = {request.name: request.architecture for request in requests}
    with tempfile.TemporaryDirectory() as place:
        exports = {name: exported(folder, Path(place) / name) for name, folder in folders.items()}
        places = timed(networks, Path(place), first, options.seconds)
    record = {
        "machine": {"processor": processor(), "cpus": num_cpus()},
        "software": first.software,
        "recipe": first.recipe.model_dump(mode="json"),
        "num_held_out": first.num_held_out,
        "networks": [described(folder) | exports[name] for name, folder in folders.items()],
        "comparison": comparison,
        "places": places,
    }
    (OUT / "results.json").write_text(json.dumps(record, indent=1) + "\n")
    (OUT / "curve.png").write_bytes((next(iter(folders.values())) / "curve.png").read_bytes())


if __name__ == "__main__":
    main()
