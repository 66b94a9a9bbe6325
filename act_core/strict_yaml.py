"""YAML as plain data, of files that anyone may have written.

PyYAML's safe loader runs no code, but takes the last of two equal keys without a word, lets a few
lines of references grow to gigabytes, and fails on some values in other ways than its own.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

# Far beyond any recipe or model card, and read within seconds.
_MOST_NODES = 100_000
# No path holds these; U+DC80 to U+DCFF stand for bytes of names that are not UTF-8 (PEP 383).
_UNWRITABLE = re.compile("[\\0\\ud800-\\udc7f\\udd00-\\udfff]")


class _Loader(yaml.SafeLoader):
    """The safe loader, which counts and looks at what it has composed before it builds it."""

    def get_single_node(self) -> yaml.Node | None:
        node = super().get_single_node()
        if node is not None:
            _check(node, {})
        return node


def load_yaml(text: str) -> Any:
    """The one document of a text, as dicts, lists, texts, numbers, dates and None.

    Raises:
        yaml.YAMLError: It is not valid, has a key twice, holds half a character or a NUL, or
            is too large with its references followed.
    """
    try:
        return yaml.load(text, _Loader)
    except RecursionError as error:
        raise yaml.YAMLError("it is nested too deeply") from error
    except (ValueError, TypeError, AttributeError, LookupError) as error:
        raise yaml.YAMLError(f"a value is not of the kind it says: {error}") from error


def _check(node: yaml.Node, sizes: dict[int, int]) -> int:
    """Nodes in and below this one, each as often as it is referred to.

    Args:
        node: Where to begin.
        sizes: What is known by the node's id; 0 where the count is under way.
    """
    known = sizes.get(id(node))
    if known == 0:
        raise _fault("it contains itself", node)
    if known is not None:
        return known
    sizes[id(node)] = 0
    size = 1
    if isinstance(node, yaml.MappingNode):
        _check_keys(node)
        for key, value in node.value:
            size += _check(key, sizes) + _check(value, sizes)
    elif isinstance(node, yaml.ScalarNode) and _UNWRITABLE.search(node.value):
        raise _fault("it holds a character that no text may hold", node)
    elif isinstance(node, yaml.SequenceNode):
        size += sum(_check(item, sizes) for item in node.value)
    if size > _MOST_NODES:
        raise _fault("it is too large", node)
    sizes[id(node)] = size
    return size


def _check_keys(node: yaml.MappingNode) -> None:
    """Of two equal keys only the last would count, which nobody means."""
    seen: set[tuple[str, str]] = set()
    for key, _value in node.value:
        if isinstance(key, yaml.ScalarNode):
            if (key.tag, key.value) in seen:
                raise _fault(f"the key {key.value} stands there twice", key)
            seen.add((key.tag, key.value))


def _fault(problem: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
