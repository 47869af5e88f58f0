"""The graph is static: torch.export takes it with any batch size."""

import pytest
import torch

from modsearch.architecture import Architecture, Standard
from tests.models.tiny import CASES, VARIANTS, build_tiny, images, tiny


def one_block_a_stage(backbone: str, variant: str) -> Architecture:
    """As few nodes as possible: the block in question stands in the first stage alone."""
    block = next(variants[variant] for variants in VARIANTS.values() if variant in variants)
    stages = ((Standard(), block), (Standard(),), (Standard(),))
    return tiny(backbone, variant).model_copy(update={"stages": stages})


@pytest.mark.parametrize(("backbone", "variant"), CASES)
def test_the_exported_graph_runs_at_other_batch_sizes(backbone: str, variant: str) -> None:
    model = build_tiny(one_block_a_stage(backbone, variant)).eval()
    with torch.no_grad():
        shapes = {"x_BCHW": {0: torch.export.Dim("batch", min=1, max=64)}}
        graph = torch.export.export(model, (images(2),), dynamic_shapes=shapes).module()
        for batch_size in (1, 2, 7):
            x_BCHW = images(batch_size, seed=batch_size)
            torch.testing.assert_close(graph(x_BCHW), model(x_BCHW))
