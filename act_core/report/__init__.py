"""The report: from a run's figures to report.md and report.html (design.md, section 4)."""

from __future__ import annotations

from act_core.report.render import Report, render

__all__ = ["Report", "render"]
