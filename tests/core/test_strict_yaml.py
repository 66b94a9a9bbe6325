"""YAML of strangers: plain data within bounds, or a fault that says where; never another error."""

from __future__ import annotations

import time

import pytest
import yaml

from act_core.strict_yaml import load_yaml

_LIST = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
_MERGE = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 12)
)


def test_plain_data_and_references_come_as_from_the_safe_loader() -> None:
    text = "a: &one {x: 1, y: [true, 0.5, ~]}\nb: *one\nc: {<<: *one, x: 2}\nd: 1e-3\ne: ä 🦜\n"
    assert load_yaml(text) == yaml.safe_load(text)
    assert load_yaml("") is None


@pytest.mark.parametrize("text", [_LIST, _MERGE], ids=["lists", "merged keys"])
def test_a_few_lines_do_not_grow_to_gigabytes(text: str) -> None:
    begun = time.thread_time()
    with pytest.raises(yaml.YAMLError, match=r"(?s)too large.*line 6"):
        load_yaml(text)
    assert time.thread_time() - begun < 2


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: 1\nb: {c: 2, c: 3}\n", r"(?s)the key c stands there twice.*line 2"),
        ("a: &a {b: *a}\n", "contains itself"),
        (f"seed: {'9' * 5000}\n", "of the kind it says"),
        ("day: 2001-99-99\n", "of the kind it says"),
        ("n: !!int ''\n", "of the kind it says"),
        ("t: !!timestamp soon\n", "of the kind it says"),
        ("f: !!bool maybe\n", "of the kind it says"),
        ('path: "a\\0b"\n', "no text may hold"),
        ('path: "a\\ud800b"\n', "no text may hold"),
        ("x: !!python/object/apply:os.getcwd []\n", "could not determine a constructor"),
        ("[" * 20_000, "nested too deeply"),
    ],
)
def test_what_nobody_means_is_refused(text: str, fault: str) -> None:
    with pytest.raises(yaml.YAMLError, match=fault):
        load_yaml(text)
