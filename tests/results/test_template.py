"""Templates: what figures look like, which numbers may stand in the text, and how a difference is named."""

from pathlib import Path

import pytest

from docs.results.figure import capital, counted, interval, percent, span, thousands, word
from docs.results.page import differences
from docs.results.template import render, stray_numbers


def template(folder: Path, text: str) -> Path:
    path = folder / "README.template.md"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (percent(0.1234, 1), "12.3"),
        (thousands(15_625.0), "15,625"),
        (interval({"value": 0.37, "low": 0.366, "high": 0.3771}, 3), "0.370 (0.366-0.377)"),
        (interval([0.681, 0.668, 0.693], 1, 100), "68.1 (66.8-69.3)"),
        (span([1.3, 1.02, 1.1], 2), "1.02 to 1.30"),
        (span([0.0175, 0.0241], 2), "0.02"),
        (word(0), "no"),
        (word(13), "13"),
        (counted(1, "network"), "one network"),
        (capital(counted(7, "network")), "Seven networks"),
    ],
)
def test_how_figures_are_written(written: str, expected: str) -> None:
    assert written == expected


def test_a_number_in_the_text_must_be_computed_or_a_constant(tmp_path: Path) -> None:
    text = (
        "{#\n- 95 %: level of every interval\n- 8 epochs: a setting\n#}\n"
        "# ResNet50 on CIFAR-10, `--batch-size 16`, [a page](../page_3)\n\n"
        "    modsearch search x --trials 24\n\n"
        "Of {{ 24 }} networks seven are plain, with 95 % intervals.\n"
        "They take 0.37 of the time.\n"
    )
    assert [(fault.line, fault.text.split()[0]) for fault in stray_numbers(template(tmp_path, text))] == [
        (9, "'seven'"),
        (10, "'0.37'"),
        (1, "the"),
    ]
    assert "'8 epochs'" in list(stray_numbers(template(tmp_path, text)))[-1].text


def test_a_sentence_that_no_longer_holds_is_named(tmp_path: Path) -> None:
    path = template(tmp_path, "{% call holds(ratio < 1) %}All\nare faster{% endcall %}: {{ ratio | fixed(2) }}.\n")
    assert render(path, {"ratio": 0.9}) == ("All\nare faster: 0.90.\n", [])
    _, [fault] = render(path, {"ratio": 1.1})
    assert fault.text == "the record does not bear out: All are faster"


@pytest.mark.parametrize("field", ["{{ record.latency }}", "{{ ratio | fixed }}", "{{ ratio"])
def test_a_field_that_cannot_be_computed_is_named_with_its_line(tmp_path: Path, field: str) -> None:
    path = template(tmp_path, f"# A page\n\n{field}\n")
    with pytest.raises(ValueError, match=r"README.template.md:3 must ask for what the record holds"):
        render(path, {"ratio": 1.0, "record": {}})


def test_a_difference_names_line_and_figures() -> None:
    printed = "# A page\n\nIt takes 0.67 of the time and\ngains 0.4 points.\n"
    [fault] = differences(printed, printed.replace("0.67", "0.70"))
    assert (fault.line, fault.text) == (3, "prints '0.67', its record gives '0.70' (after 'It takes')")
    [fault] = differences(printed, printed + "One more line.\n")
    assert fault.text == "prints '', its record gives 'One more line.'"
    assert list(differences(printed, printed)) == []
