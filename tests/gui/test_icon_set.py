from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from act_core.resources import resource_path

ICONS = sorted(
    path
    for path in Path(resource_path("icons")).glob("*.svg")
    if not path.stem.endswith(("-light", "-dark"))  # coloured for style sheets
)
THEMED = [path for path in ICONS if path.stem != "app"]


@pytest.mark.parametrize("path", THEMED, ids=lambda path: path.stem)
def test_an_icon_keeps_the_stroke_style(path: Path) -> None:
    root = ET.fromstring(path.read_text("utf-8"))
    assert root.attrib["viewBox"] == "0 0 24 24"
    assert root.attrib["fill"] == "none"
    assert root.attrib["stroke"] == "currentColor"
    assert root.attrib["stroke-width"] == "1.75"
    assert root.attrib["stroke-linecap"] == root.attrib["stroke-linejoin"] == "round"
    for shape in root:
        assert not {"fill", "stroke", "stroke-width", "style"} & set(shape.attrib)


@pytest.mark.parametrize("path", ICONS, ids=lambda path: path.stem)
def test_an_icon_is_drawn_and_stays_inside(path: Path, qapp: QApplication) -> None:
    renderer = QSvgRenderer(str(path))
    assert renderer.isValid()
    image = QImage(QSize(96, 96), QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    renderer.render(painter, QRectF(image.rect()))
    painter.end()
    alphas = [[image.pixelColor(x, y).alpha() for x in range(96)] for y in range(96)]
    assert sum(alpha > 200 for row in alphas for alpha in row) > 80
    edge = [*alphas[0], *alphas[-1], *(row[0] for row in alphas), *(row[-1] for row in alphas)]
    assert max(edge) == 0
