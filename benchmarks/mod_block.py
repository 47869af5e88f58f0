"""What a MoD block costs beside the block that it replaces, and a MoD network beside other networks, on the CPU.

    python benchmarks/mod_block.py [--batch-size 1 32] [--network-batch-size 1 16] [--rounds 20] [--mode eager]

Each pair is timed round by round in one process, the order changing; batch norms are folded. Blocks: those of each
stage of ResNet50-MoD (c = 64) at 224 pixels; networks: R75-MoD beside its form with the MoD blocks deleted (goal: at
most 1.05 at batch 1, 1.03 at batch 16), beside itself with a bare ``topk`` that promises nothing about ties (goal: at
most 1.02 at batch 1), and R50 beside R75-MoD and R86-MoD; in eager mode and under torch.compile. What was measured
before and is not measured again stays in the JSON.
"""

import argparse
import json
import math
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from modsearch.architecture import Architecture, preset
from modsearch.models import build, fold_batch_norm
from modsearch.models.blocks.mod import MoDBlock
from modsearch.statistic.interval import quantile_interval

RESULT = Path(__file__).parent / "results" / "mod_block.json"
THREADS, SAMPLE_S, WARM_UP_S = 2, 0.02, 0.3
MODES = ("eager", "compile")
SIZES = (56, 28, 14, 7)  # of the stages of a ResNet at 224 pixels

Run = Callable[[], object]


def sample_s(run: Run, num_calls: int) -> float:
    start = time.perf_counter()
    for _ in range(num_calls):
        run()
    return (time.perf_counter() - start) / num_calls


def warm_up(run: Run) -> int:
    """Run for a while; returns how many calls make a sample."""
    end = time.perf_counter() + WARM_UP_S
    run()
    while time.perf_counter() < end:
        run()
    return max(1, round(SAMPLE_S / sample_s(run, 2)))


def compare(candidate: Run, other: Run, num_rounds: int) -> dict[str, float]:
    """Median of candidate / other over the rounds, with its 95 % interval."""
    runs = (candidate, other)
    num_calls = [warm_up(run) for run in runs]
    times: list[list[float]] = [[], []]
    for index in range(num_rounds):
        for which in (0, 1) if index % 2 == 0 else (1, 0):
            times[which].append(sample_s(runs[which], num_calls[which]))
    log_ratios = [math.log(a / b) for a, b in zip(*times, strict=True)]
    ratio, low, high = map(math.exp, quantile_interval([log_ratios]))
    medians = [1e3 * statistics.median(samples) for samples in times]
    return {"ratio": ratio, "low": low, "high": high, "candidate_ms": medians[0], "other_ms": medians[1]}


def call(module: nn.Module, x_BCHW: Tensor, is_compiled: bool) -> Run:
    run = torch.compile(module) if is_compiled else module
    return lambda: run(x_BCHW)


def blocks(batch_size: int, is_compiled: bool, num_rounds: int) -> dict[str, dict[str, float]]:
    """MoD block / replaced block, by stage."""
    network = preset("resnet50_mod").architecture
    mod, plain = (deployed(architecture) for architecture in (network, preset("resnet50").architecture))
    found = {}
    for stage, size in enumerate(SIZES):
        x_BCHW = torch.randn(batch_size, network.out_channels[stage], size, size)
        pair = (call(model.get_submodule(f"stages.{stage}.1"), x_BCHW.clone(), is_compiled) for model in (mod, plain))
        found[f"stage {stage}"] = compare(*pair, num_rounds)
    return found


class BareTopk(nn.Module):
    """Scores (B, C) -> the indices of k of the highest in rising order; which ones of a tie is left to the device."""

    def __init__(self, k: int) -> None:
        super().__init__()
        self.k = k

    def forward(self, score_BC: Tensor) -> Tensor:
        return score_BC.topk(self.k, dim=1, sorted=False).indices.sort(dim=1).values


def rule_for_ties(model: nn.Module, x_BCHW: Tensor, num_rounds: int) -> dict[str, float]:
    """One and the same network, whose blocks are given our selection and a bare ``topk`` in turn."""
    blocks = [module for module in model.modules() if isinstance(module, MoDBlock) and module.top is not None]
    ours, bare = [block.top for block in blocks], [BareTopk(block.k) for block in blocks]

    def run(tops: Sequence[nn.Module | None]) -> None:
        for block, top in zip(blocks, tops, strict=True):
            block.top = top
        model(x_BCHW)

    return compare(lambda: run(ours), lambda: run(bare), num_rounds)


def networks(batch_size: int, num_rounds: int, is_compiled: bool) -> dict[str, dict[str, float]]:
    r75 = preset("resnet75_mod").architecture
    pairs = {
        "R75-MoD / deleted": (r75, r75.deleted()),
        "R50 / R75-MoD": (preset("resnet50").architecture, r75),
        "R50 / R86-MoD": (preset("resnet50").architecture, preset("resnet86_mod").architecture),
    }
    x_BCHW = torch.randn(batch_size, 3, 224, 224)
    found = {}
    if not is_compiled:
        found["R75-MoD / with bare topk"] = rule_for_ties(deployed(r75), x_BCHW, 3 * num_rounds)
        print(f"R75-MoD / with bare topk, batch {batch_size}: {show(found['R75-MoD / with bare topk'])}", flush=True)
    for name, pair in pairs.items():
        found[name] = compare(*(call(deployed(architecture), x_BCHW, is_compiled) for architecture in pair), num_rounds)
        print(f"{name}, batch {batch_size}: {show(found[name])}", flush=True)
    return found


def deployed(architecture: Architecture) -> nn.Module:
    torch.manual_seed(0)
    return fold_batch_norm(build(architecture, num_classes=1000, image_size=224))


def show(found: dict[str, float]) -> str:
    times = f"{found['candidate_ms']:.2f} and {found['other_ms']:.2f} ms"
    return f"{found['ratio']:.3f} ({found['low']:.3f}-{found['high']:.3f}); {times}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-size", type=int, nargs="+", default=[1, 32], help="of the blocks")
    parser.add_argument("--network-batch-size", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--mode", nargs="+", choices=MODES, default=MODES)
    given = parser.parse_args()
    warnings.filterwarnings("ignore", module="torch._inductor")
    torch.set_num_threads(THREADS)
    result = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    result["threads"] = THREADS
    with torch.inference_mode():
        for mode in given.mode:
            is_compiled = mode == "compile"
            result.setdefault("machines", {})[mode] = f"{cpu_name()}, torch {torch.__version__}"
            for batch_size in given.batch_size:
                found = blocks(batch_size, is_compiled, given.rounds)
                result[f"MoD block / replaced block, {mode}, batch {batch_size}"] = found
                for name, timing in found.items():
                    print(f"MoD block / replaced block, {mode}, batch {batch_size}, {name}: {show(timing)}", flush=True)
            for batch_size in given.network_batch_size:
                result[f"networks, {mode}, batch {batch_size}"] = networks(batch_size, given.rounds, is_compiled)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")


def cpu_name() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))


if __name__ == "__main__":
    main()
