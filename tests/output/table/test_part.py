"""A latency table in words."""

from modsearch.output import part_table
from modsearch.record import TimedNetwork
from tests.output.printed import printed
from tests.record.tabled import table


def test_costs_are_percentages_and_the_frame_is_named() -> None:
    text = " ".join(printed(part_table(table())).split())
    assert "table: eager on cpu, 1 thread, batch size 1, float32, 32 pixels" in text
    assert "resnet_basic cifar 16-32-64: stem, first blocks, head 40.00 (39.00 to 41.00)" in text
    assert "0 mod, k 4 3.00 (2.00 to 4.00)" in text
    assert "% of resnet20_cifar" in text
    assert "Table A, 1 thread, formula 1. 1 networks were timed, 1 of them drawn at random." in text
    assert "as these usually were, 95 % lie within 5.1 % of their prediction." in text
    assert "idle" not in text


def test_bad_timings_are_told() -> None:
    text = " ".join(printed(part_table(table(networks=[timed(0.92)]))).split())
    assert "idle" not in text  # 5 % to either side; three times 3 % are allowed
    text = " ".join(printed(part_table(table(networks=[timed(0.8)]))).split())
    assert "1 networks were timed badly: on an idle machine, the same command times them anew." in text


def timed(low: float) -> TimedNetwork:
    return table().networks[0].model_copy(update={"low": low, "high": 1.02})
