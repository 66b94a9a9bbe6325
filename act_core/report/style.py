"""The page's style: light and dark as the reader's system asks for, and plain ink on paper."""

from __future__ import annotations

_SHADES = "\n".join(
    f".matrix .{name}{step} {{ background: "
    f"color-mix(in srgb, var(--{colour}) {6 * step}%, var(--paper)); }}"
    for name, colour in (("more", "strong"), ("worse", "worse"))
    for step in range(1, 11)
)
STYLE = (
    """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1f24; --quiet: #57606a; --line: #d0d7de; --ground: #f3f5f7;
  --strong: #0b63a5; --bar: #8a929b; --worse: #b4531a; --other: #7a4fa3;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --ink: #e4e8ec; --quiet: #a2abb5; --line: #3a424b; --ground: #1e2329;
    --strong: #62b3f5; --bar: #7c8691; --worse: #e08a4e; --other: #b793dd;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.8rem; line-height: 1.2; }
h2 { font-size: 1.3rem; margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin-top: 1.5rem; }
h1, h2, h3, p, li, dd { overflow-wrap: anywhere; }
td, th { overflow-wrap: break-word; }
.whole { white-space: nowrap; }
.lead { font-size: 1.1rem; font-weight: 600; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.875rem; }
th, td { padding: 0.4rem 0.6rem; border-bottom: 1px solid var(--line); min-width: 5.5rem;
  text-align: left; vertical-align: top; font-variant-numeric: tabular-nums; }
thead th { color: var(--quiet); font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1.25rem; }
dt { color: var(--quiet); }
dd { margin: 0; }
pre { padding: 0.9rem; background: var(--ground); border-radius: 6px; font-size: 0.85rem;
  white-space: pre-wrap; overflow-wrap: anywhere; }
code { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
figure { margin: 1.25rem 0; break-inside: avoid; }
figcaption { color: var(--quiet); font-size: 0.875rem; margin-bottom: 0.25rem; }
svg { display: block; max-width: 100%; height: auto; font-size: 12px; }
svg text { fill: var(--ink); font-variant-numeric: tabular-nums; }
svg .strong .label { font-weight: 700; }
.bar { fill: var(--bar); }
.strong .bar { fill: var(--strong); }
.whisker { stroke: var(--ink); stroke-width: 1.5; fill: none; }
.stroke, .reach { fill: none; stroke: var(--bar); stroke-width: 2; }
.reach { stroke-width: 1.5; }
.dot { fill: var(--bar); }
.line.main .stroke, .line.main .reach { stroke: var(--strong); }
.line.main .dot, .heat { fill: var(--strong); }
.line.other .stroke, .line.other .reach { stroke: var(--other); }
.line.other .dot { fill: var(--other); }
.line.control .stroke { stroke-dasharray: 6 3; }
.line.other .stroke { stroke-dasharray: 9 3 2 3; }
.line.chance .stroke { stroke: var(--quiet); stroke-width: 1; stroke-dasharray: 2 3; }
.cells { fill: none; stroke: var(--strong); shape-rendering: crispEdges; }
.leader { stroke: var(--quiet); stroke-width: 0.75; fill: none; }
.tick { stroke: var(--line); stroke-width: 0.5; fill: none; }
.axis { stroke: var(--quiet); fill: none; }
@page { margin: 18mm 15mm; }
@media print {
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  .wide { overflow: visible; }
  table { font-size: 8pt; }
  th, td { min-width: 0; padding: 0.25rem 0.4rem; }
  pre { font-size: 8pt; border: 1px solid var(--line); }
  tr, pre, dl { break-inside: avoid; }
  h2, h3, figcaption { break-after: avoid; }
  .bar, .heat, .cells, .matrix td { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
    + _SHADES
)
