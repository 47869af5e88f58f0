"""A latency table in words."""

from modsearch.output import part_table
from tests.output.printed import printed
from tests.record.tabled import table


def test_costs_are_percentages_and_the_frame_is_named() -> None:
    text = " ".join(printed(part_table(table())).split())
    assert "table: eager on cpu, 1 thread, batch size 1, float32, 32 pixels" in text
    assert "resnet_basic cifar 16-32-64: stem, first blocks, head 40.00 (39.00 to 41.00)" in text
    assert "0 mod, k 4 3.00 (2.00 to 4.00)" in text
    assert "% of resnet20_cifar" in text
    assert (
        "Table A, 1 thread, formula 1. Timed: 1 networks, 1 of them drawn at random: 95 % of these lie within 5.1 %"
        in text
    )
    assert "idle" not in text


def test_wide_intervals_are_told() -> None:
    wide = table().networks[0].model_copy(update={"low": 0.9})
    text = " ".join(printed(part_table(table(networks=[wide]))).split())
    assert "Intervals wider than 3 % to either side: 1. Was the machine idle?" in text
