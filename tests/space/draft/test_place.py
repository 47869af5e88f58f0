"""Deployments as a command line names them."""

import pytest

from modsearch.space.draft import (
    read_deployments,
    with_image_size,
)
from tests.space.draft.requested import USUAL


def test_deployments_are_read() -> None:
    places = read_deployments(["gpu", "intel:runtime=openvino,threads=8,image_size=160", "other:device=cuda:1"], USUAL)
    found = with_image_size(places, 224)
    assert {name: place.image_size for name, place in found.items()} == {"gpu": 224, "intel": 160, "other": 224}
    assert (found["gpu"].device, found["gpu"].batch_size) == ("cuda", 32)
    assert (found["intel"].runtime, found["intel"].threads, found["intel"].num_classes) == ("openvino", 8, None)
    assert (found["other"].device, found["other"].batch_size) == ("cuda:1", 1)
    assert read_deployments(["gpu:batch_size=8"], USUAL) == {"gpu": {"device": "cuda", "batch_size": "8"}}


@pytest.mark.parametrize(
    ("places", "message"),
    [
        (["a:batch=3"], r"^deployments\.a has no field 'batch', .* Did you mean 'batch_size'\?$"),
        (["a:batch_size=many"], r"^deployments\.a\.batch_size must be a whole number\. Got 'many' instead\.$"),
        (["a:runtime=openvinoo"], r"^deployments\.a\.runtime must be one of .* Did you mean 'openvino'\?$"),
        (["a:runtime=cuda_graph"], r"^deployments\.a\.device must be cuda or cuda:N where runtime is cuda_graph\."),
        (["a:batch_size"], r"^--deployment must be NAME or NAME:FIELD=VALUE,FIELD=VALUE\. Got 'a:batch_size' instead"),
        (["a:"], r"^--deployment must be NAME or"),
        (["a:=3"], r"^--deployment must be NAME or"),
        (["a:threads=2,,"], r"^--deployment must be NAME or"),
        ([":threads=2"], r"^--deployment must be NAME or"),
        (["a b"], r"^deployments\['a b'\] must be letters, digits"),
        (["a", "a:threads=2"], r"^--deployment must be given once for each name\. Got 'a:threads=2' instead\.$"),
        (["a:threads=2,threads=3"], r"^--deployment must be such that threads stands once\."),
    ],
)
def test_what_is_no_deployment_is_named(places: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_deployments(places, USUAL)
