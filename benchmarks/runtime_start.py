"""What a fresh process pays until a network runs, a runtime at a time: cold, and with what was prepared or cached.

    python benchmarks/runtime_start.py resnet18,resnet75_mod --batch-sizes 1,16 --threads 2

Prints a table: seconds to prepare (once for all processes), to deploy, and milliseconds of the median pass.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import torch

from modsearch.architecture import preset
from modsearch.models.runtime import Run, deploy, prepare
from modsearch.scoring.latency import build_target
from modsearch.space import Deployment

RUNTIMES = ("eager", "compile", "onnxruntime", "openvino")


def pass_ms(run: Run, seconds: float = 3.0) -> float:
    times_ms: list[float] = []
    start = time.perf_counter()
    while len(times_ms) < 5 or time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        run()
        times_ms.append(1e3 * (time.perf_counter() - begin))
    return median(times_ms[len(times_ms) // 4 :])


def one_process(name: str, deployment: Deployment, path: Path) -> dict[str, object]:
    torch.set_num_threads(deployment.threads)
    model = build_target(preset(name).architecture, deployment)
    x_BCHW = torch.randn(deployment.batch_size, 3, deployment.image_size, deployment.image_size)
    start = time.perf_counter()
    prepared = path if path.exists() else prepare(model, deployment, path)
    prepared_at = time.perf_counter()
    run = deploy(model, deployment, x_BCHW, prepared)
    deployed_at = time.perf_counter()
    with torch.inference_mode():
        latency_ms = pass_ms(run)
    seconds = {"prepare_s": prepared_at - start, "deploy_s": deployed_at - prepared_at}
    return {**seconds, "pass_ms": latency_ms}


def in_fresh_process(name: str, deployment: Deployment, folder: Path) -> dict[str, object]:
    command = [sys.executable, __file__, name, "--process", deployment.model_dump_json(), "--folder", str(folder)]
    done = subprocess.run(
        command,
        env={**os.environ, "TORCHINDUCTOR_CACHE_DIR": str(folder / "inductor")},
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks")
    parser.add_argument("--batch-sizes", default="1")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runtimes", default=",".join(RUNTIMES))
    parser.add_argument("--process", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.process:
        deployment = Deployment.model_validate_json(options.process)
        print(json.dumps(one_process(options.networks, deployment, options.folder / "network.onnx")))
        return
    print(f"{'network':<14}{'batch':>6}  {'runtime':<12}{'':<6}{'prepare s':>10}{'deploy s':>10}{'pass ms':>9}")
    for name in options.networks.split(","):
        for batch_size in map(int, options.batch_sizes.split(",")):
            for runtime in options.runtimes.split(","):
                place = Deployment(
                    image_size=224, num_classes=1000, batch_size=batch_size, threads=options.threads, runtime=runtime
                )
                with tempfile.TemporaryDirectory() as folder:
                    for state in ("cold", "warm"):
                        found = in_fresh_process(name, place, Path(folder))
                        figures = f"{found['prepare_s']:>10.2f}{found['deploy_s']:>10.2f}{found['pass_ms']:>9.1f}"
                        print(f"{name:<14}{batch_size:>6}  {runtime:<12}{state:<6}{figures}", flush=True)


if __name__ == "__main__":
    main()
