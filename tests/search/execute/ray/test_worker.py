"""What a worker looks at before it takes part."""

import pytest

from modsearch.search.execute.ray.worker import check_data
from tests.conformance.tabulated import TabulatedEvaluator

pytestmark = pytest.mark.ray


def test_a_worker_that_found_other_images_is_refused() -> None:
    evaluator = TabulatedEvaluator(data_hash="a" * 64)
    check_data(evaluator, "a" * 64)
    rule = r"^data must be the images of the study \(content hash b{12}\)\. Got 'content hash a{12}' instead\.$"
    with pytest.raises(ValueError, match=rule):
        check_data(evaluator, "b" * 64)
