"""What a network computes while it is timed in 16 bits: numbers that the format holds, as a trained one's are."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from modsearch.architecture import Architecture, preset
from modsearch.models.fold import fold_batch_norm
from modsearch.models.runtime import Run
from modsearch.scoring.latency import rounds
from modsearch.scoring.latency.job import Effort, Job
from modsearch.scoring.latency.rounds import run_job
from modsearch.space import Deployment
from modsearch.space.deployment import Dtype
from tests.models.tiny import KINDS, tiny

pytestmark = pytest.mark.slow

DEEP = ("resnet152", "resnet152_mod", "resnet110_cifar", "mobilenet_v2", "convnext_tiny", "vgg19_bn")
NETWORKS = {name: preset(name).architecture for name in DEEP}
NETWORKS |= {f"{backbone} {kind}": tiny(backbone, kind) for backbone, kind in KINDS}
SHORT = Effort(num_rounds=1, warm_up_s=0.0)


def timed(network: Architecture, dtype: Dtype, monkeypatch: pytest.MonkeyPatch) -> tuple[nn.Module, Tensor]:
    """The module and the images that are deployed where a network is timed."""
    found: list[tuple[nn.Module, Tensor]] = []

    def deploy(model: nn.Module, deployment: Deployment, x_BCHW: Tensor, prepared: Path | None) -> Run:
        found.append((model, x_BCHW))
        return lambda: x_BCHW

    monkeypatch.setattr(rounds, "deploy", deploy)
    place = Deployment(image_size=32, num_classes=10, batch_size=2, dtype=dtype)
    run_job(Job(networks={"a": network}, deployment=place, effort=SHORT))
    return found[0]


@pytest.mark.parametrize("name", NETWORKS)
def test_float16_holds_what_every_block_computes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, x_BCHW = timed(NETWORKS[name], "float16", monkeypatch)
    assert not any(module.training for module in model.modules())
    folded = fold_batch_norm(model).half()
    outputs: list[Tensor] = []
    for block in (block for stage in folded.stages for block in stage):  # type: ignore[union-attr]
        block.register_forward_hook(lambda _, __, y_BCHW: outputs.append(y_BCHW.float().abs()))
    with torch.inference_mode():
        outputs.append(folded(x_BCHW.half()).float().abs())
    for output in outputs:
        assert output.isfinite().all()
        assert output.max() < 1000  # of 65504
        assert output[output > 0].median() > torch.finfo(torch.float16).tiny  # not denormal
    weights = torch.cat([parameter.abs().flatten() for parameter in folded.parameters() if parameter.ndim > 1])
    assert weights.median() > torch.finfo(torch.float16).tiny


def test_in_32_bits_weights_are_as_they_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    model, _ = timed(NETWORKS["resnet110_cifar"], "float32", monkeypatch)
    drawn = rounds.build_target(NETWORKS["resnet110_cifar"], Deployment(image_size=32, num_classes=10))
    assert all(
        torch.equal(one, other)
        for one, other in zip(model.state_dict().values(), drawn.state_dict().values(), strict=True)
    )
