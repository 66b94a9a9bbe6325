"""The table that report, model card and command line share."""

from __future__ import annotations

from markdown_it import MarkdownIt

from act_core.report.table import Table, figure_table, markdown_table
from tests.core.report.example import example, figure


def test_rows_are_candidates_and_columns_abilities() -> None:
    table = figure_table(example())

    assert table.header == ("Candidate", "german: loss", "maths: loss")
    rows = {row[0]: row[1:] for row in table.rows}
    assert list(rows)[:3] == ["target (before)", "german (specialist)", "result (after)"]
    assert set(rows) > {"random mask", "weight mask", "interpolation 0.5"}
    assert rows["target (before)"][0] == "4.100 (4.020 to 4.180)"
    assert rows["result (after)"][0] == "3.910 (3.830 to 3.990)\n38 % recovered (33 to 43)"
    assert rows["result (after)"][1].endswith("\n2 % lost (1 to 2)")
    assert rows["german (specialist)"][0].endswith("\n100 % recovered")


def test_the_target_stands_first_and_the_result_before_its_controls() -> None:
    metrics = example()
    metrics["figures"].reverse()

    names = [row[0] for row in figure_table(metrics).rows]

    assert names[:3] == ["target (before)", "german (specialist)", "result (after)"]


def test_accuracies_are_percentages_and_what_is_missing_is_a_dash() -> None:
    metrics = example()
    metrics["figures"] += [
        figure("target", "maths", "exact", (0.975, 0.9412, 0.99), None),
        figure("result", "maths", "exact", (float("nan"), float("nan"), float("nan")), None),
    ]

    table = figure_table(metrics)

    place = table.header.index("maths: exact match")
    cells = {row[0]: row[place] for row in table.rows}
    assert cells["target (before)"] == "97.5 % (94.1 to 99.0)"
    assert cells["result (after)"] == "–"
    assert cells["random mask"] == "–"


def test_without_figures_there_is_a_header_only() -> None:
    assert figure_table({**example(), "figures": [], "shares": []}).rows == ()


def test_markdown_keeps_every_cell_in_its_column() -> None:
    cells = ("a|b", "two\nlines", "<b>*x*</b>", "`|`", "\\|", "[a](http://b)", "-0.1", "1. x", "_")
    table = Table(tuple(f"h{i}" for i in range(len(cells))), (cells, ("",) * len(cells)))

    tokens = MarkdownIt("commonmark").enable("table").parse(markdown_table(table))

    inline = [token for token in tokens if token.type == "inline"]
    assert len(inline) == 3 * len(cells)
    row = inline[len(cells) : 2 * len(cells)]
    shown = ["".join(child.content for child in cell.children or ()) for cell in row]
    assert shown == [cell.replace("\n", ", ") for cell in cells]
    assert {child.type for cell in row for child in cell.children or ()} <= {"text", "text_special"}
