"""The one function through which every text goes that a person sees."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication


def tr(text: str, **values: object) -> str:
    """A text in the person's language.

    Args:
        text: In English; `{name}` stands for a value.
        **values: What stands there. They are put in after the translation.
    """
    translated = QCoreApplication.translate("act", text)
    return translated.format(**values) if values else translated
