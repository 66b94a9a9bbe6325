"""The report: complete, honest about what is missing, and harmless whatever the names are."""

from __future__ import annotations

import re
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from act_core.report import Report, render
from tests.core.report.example import COMMAND, RECIPE, example, figure
from tests.core.report.page import read_page

SECTIONS = [
    "Result",
    "Before and after",
    "Channels",
    "Transfer and verification",
    "What was lost",
    "Models",
    "Data",
    "Method",
    "Environment",
    "How to repeat it",
]


def _render(metrics: dict[str, Any]) -> Report:
    return render(metrics, RECIPE, COMMAND)


def _markdown(text: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(text)


def _words(html: str) -> str:
    """The page's text with single spaces."""
    return " ".join(read_page(html).all("main")[0].whole_text.split())


def _shown(text: str) -> str:
    """Markdown as a reader sees it, with single spaces."""
    parts = []
    for token in _markdown(text):
        children = token.children or [token]
        parts.append("".join(child.content for child in children))
    return " ".join(" ".join(parts).split())


def test_both_have_all_sections_in_order() -> None:
    report = _render(example())

    assert [h.text for h in read_page(report.html).all("h2")] == SECTIONS
    assert re.findall(r"^## (.+)$", report.markdown, re.MULTILINE) == SECTIONS


@pytest.mark.parametrize(
    "fact",
    [
        "Which 5 % of channels bring german into german-then-maths, and what does it cost?",
        "The result recovers 38 % (33 to 43) of german and loses 2 % (1 to 2) of maths.",
        "german: 100 held-out items, 6,144 counted tokens",
        "7,776 channels, 5 % of all.",
        "2 % in the top 0.5 % and 41 % in the top 20 %",
        "30 %; by chance it would be 2.6 %",
        "Densest are q of layer 1 (50 %), q of layer 0 (25 %) and gate of layer 1 (10 %).",
        "1 of 4 modules have none.",
        "5,000,000 parameters (3.7 % of the target) in 7,776 rows",
        "269 MB",
        "All 2 checks passed.",
        "259,000,000 bytes",
        "+0.009 (\u22120.011 to +0.029)",
        "Mind this, german: The templates differ. The chat templates are not the same.",
        "1" * 64,
        "4" * 64,
        "mean |(W_S - W_T) x + (b_S - b_T)|, on the target's inputs",
        "matched_j = mean over t of |(W^S_j - W^T_j)·x_t + (b^S_j - b^T_j)|",
        "theta_j = theta^T_j + strength · (theta^S_j - theta^T_j) for every selected channel",
        "Efron and Tibshirani",
        "@misc{act-abababababab,",
        "title = {recover-german: ability transfer by channels},",
        "share 0.05",
        "2.13.0",
        "4 min",
        COMMAND,
        "target: models/german-then-maths",
    ],
)
def test_both_hold_every_fact(fact: str) -> None:
    report = _render(example())

    assert fact in _words(report.html)
    assert fact in _shown(report.markdown)


def test_no_interval_of_a_table_is_broken_into_lines() -> None:
    page = read_page(_render(example()).html)
    whole = [one.text for one in page.all("span") if one.attributes["class"] == "whole"]
    assert "(\u22120.011 to +0.029)" in whole
    found = re.findall(
        r"\(\S+(?: %)? to \S+(?: %)?\)", " ".join(td.whole_text for td in page.all("td"))
    )
    assert sorted(whole) == sorted(found)


def test_the_page_refers_to_nothing_outside_and_runs_nothing() -> None:
    html = _render(example()).html

    page = read_page(html)
    allowed = {"meta", "title", "style", "svg", "g", "rect", "path", "text", "figure"}
    allowed |= {"html", "head", "body", "main", "h1", "h2", "h3", "p", "ul", "li", "dl", "dt", "dd"}
    allowed |= {
        "circle",
        "span",
        "wbr",
        "div",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "br",
        "pre",
        "code",
    }
    tags = set(re.findall(r"<([a-z0-9]+)", html))
    assert tags <= allowed | {"figcaption"}
    assert not re.search(r"\s(?:src|href|srcset|style|on\w+)=", html)
    (style,) = page.all("style")
    assert "url(" not in style.text
    assert "@import" not in style.text
    assert "prefers-color-scheme: dark" in style.text
    assert "@media print" in style.text
    policy = [m for m in page.all("meta") if m.attributes.get("http-equiv")]
    assert "default-src 'none'" in (policy[0].attributes["content"] or "")


def test_charts_show_accuracies_as_shares_of_items() -> None:
    metrics = example()
    metrics["figures"] += [
        figure("target", "maths", "exact", (0.2, 0.1, 0.3), None),
        figure("result", "maths", "exact", (0.8, 0.7, 0.9), (0.6, 0.5, 0.7)),
    ]

    page = read_page(_render(metrics).html)

    (chart,) = [s for s in page.all("svg") if "exact match" in s.children[0].text]
    widths = {
        group.children[0].text.partition(":")[0]: float(
            group.all("rect")[0].attributes["width"] or 0
        )
        for group in chart.all("g")
        if group.all("rect")
    }
    assert widths["result (after)"] == pytest.approx(4 * widths["target (before)"], abs=0.05)


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style></pre><h2>Owned</h2>",
    "`]**x**|a|b|[l](javascript:1)",
    "```\n# Owned\n<b>",
    "&lt;b&gt; &amp;",
    "\x1b[31mred\x00\u202eevil\ud800",
]


def _infect(value: Any, text: str) -> Any:
    """The name of the specialist and of its ability, and every other free text, replaced."""
    fixed = {"role", "measure", "kind", "measures", "created"}
    if isinstance(value, dict):
        return {
            text if key == "german" else key: entry if key in fixed else _infect(entry, text)
            for key, entry in value.items()
        }
    if isinstance(value, list):
        return [_infect(entry, text) for entry in value]
    return text if isinstance(value, str) and value not in {"target", "result", "maths"} else value


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_shown_and_do_nothing(text: str) -> None:
    report = render(_infect(example(), text), text, text)

    page = read_page(report.html)
    assert [h.text for h in page.all("h2")] == SECTIONS
    assert not page.all("script") + page.all("img") + page.all("b")
    tokens = _markdown(report.markdown)
    headings = [
        tokens[i + 1].content for i, t in enumerate(tokens) if t.tag == "h2" and t.nesting > 0
    ]
    assert headings == SECTIONS
    for token in tokens:
        assert token.type != "html_block"
        assert not {c.type for c in token.children or ()} & {"html_inline", "link_open", "em_open"}
    for written in (report.html, report.markdown):
        written.encode("utf-8")
        assert not re.search("[\x00\x1b\u202e]", written)
    if text.isprintable():
        assert f"Report of {text}" in _words(report.html)
        assert f"Report of {text}" in _shown(report.markdown)


def test_without_a_checkpoint_the_report_says_so() -> None:
    report = _render({**example(), "transfer": None, "verification": None})

    for text in (_words(report.html), _shown(report.markdown)):
        assert "No checkpoint was written." in text
        assert "Nothing was verified." in text
        assert "checks passed" not in text


def test_a_failed_check_is_named() -> None:
    metrics = example()
    metrics["verification"][1]["passed"] = False

    report = _render(metrics)

    for text in (_words(report.html), _shown(report.markdown)):
        assert "Failed: bytes outside the mask." in text
        assert "checks passed" not in text


def test_without_shares_losses_are_drawn_as_differences() -> None:
    page = read_page(_render({**example(), "shares": []}).html)

    (chart,) = [s for s in page.all("svg") if s.children[0].text.startswith("german: loss")]
    assert "difference to the target" in chart.children[0].text
    bars = {g.children[0].text.partition(":")[0]: g.all("rect")[0] for g in chart.all("g")}
    widths = {name: float(bar.attributes["width"] or 0) for name, bar in bars.items()}
    assert "target (before)" not in widths
    assert widths["german (specialist)"] / widths["result (after)"] == pytest.approx(
        0.5 / 0.19, abs=0.01
    )


def test_a_run_that_measured_little_is_still_reported() -> None:
    metrics = {**example(), "figures": [], "shares": [], "masks": {}, "findings": []}
    del metrics["abilities"]["maths"]

    report = _render(metrics)

    for text in (_words(report.html), _shown(report.markdown)):
        assert "Which channels bring german into german-then-maths" in text
        assert "Nothing was measured." in text
        assert "No channels were selected." in text
        assert "what this costs is not known" in text


def test_markdown_tables_are_tables() -> None:
    tokens = _markdown(_render(example()).markdown)

    assert sum(token.type == "table_open" for token in tokens) == 6
    paragraphs = [tokens[i + 1].content for i, t in enumerate(tokens) if t.type == "paragraph_open"]
    assert not [text for text in paragraphs if text.startswith("|")]
