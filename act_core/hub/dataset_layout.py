"""Which files are which split of a data set: by its card, else by the names of files and folders.

The rules are those of the library datasets (huggingface.co/docs/datasets/repository_structure),
without that library and without running anything: a script that builds a data set is never loaded.
"""

from __future__ import annotations

import fnmatch
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from act_core.hub.listing import HubFile

DEFAULT = "default"
# What `abilities.sources` reads; the first one wins where two hold as many files.
READABLE = (".parquet", ".jsonl", ".csv", ".tsv", ".txt")
_SHARD = re.compile(r"(?:^|/)(?P<split>\w+(?:[.-]\w+)*?)-\d{5}-of-\d{5}[^/]*$")
_KEYWORDS = {
    "train": "train", "training": "train",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "test": "test", "testing": "test", "eval": "test", "evaluation": "test",
}  # fmt: skip
_NO_DATA = re.compile(r"(?i)(^|/)(readme|licen[cs]e|notice|requirements|changelog|citation)[^/]*$")
_MOST_PATTERNS = 64
_CONVERTED = re.compile(r"[^/]+/[^/]+/\d+\.parquet")


@dataclass(frozen=True, slots=True)
class DataSplit:
    """A split.

    Attributes:
        name: Such as `train`.
        files: In the order of their rows.
        rows: Number of rows; None where the card does not tell.
    """

    name: str
    files: tuple[HubFile, ...]
    rows: int | None = None

    @property
    def size_bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.size_bytes for file in self.files)


@dataclass(frozen=True, slots=True)
class DataConfig:
    """One of the data sets that a repository holds; most hold one, called `default`."""

    name: str
    splits: tuple[DataSplit, ...]


def configs_of(files: Sequence[HubFile], card: Mapping[str, Any]) -> tuple[DataConfig, ...]:
    """The configurations of a repository that have files which can be read.

    Args:
        files: All files of the repository at a commit.
        card: The front matter of its card there: untrusted.
    """
    usable = [file for file in files if _is_data(file.path)]
    if not card and usable and all(_CONVERTED.fullmatch(file.path) for file in usable):
        return _converted(usable)
    listed = [one for one in _list(card.get("configs")) if isinstance(one, dict)]
    rows = _rows_told(card.get("dataset_info"))
    found = []
    for one in listed or [{}]:
        name = str(one.get("config_name") or DEFAULT)
        splits = _configured(one, usable) if listed else _inferred(usable)
        told = rows.get(name, {})
        known = [DataSplit(split, splits[split], told.get(split)) for split in _ordered(splits)]
        if known:
            found.append(DataConfig(name, tuple(known)))
    return tuple(found)


def _converted(files: Sequence[HubFile]) -> tuple[DataConfig, ...]:
    """Those of the branch where the Hub keeps Parquet files, as `CONFIG/SPLIT/NNNN.parquet`."""
    configs: dict[str, dict[str, list[HubFile]]] = {}
    for file in sorted(files, key=lambda one: one.path):
        config, split, _ = file.path.split("/")
        splits = configs.setdefault(config, {})
        splits.setdefault(split.removeprefix("partial-"), []).append(file)
    return tuple(
        DataConfig(
            name, tuple(DataSplit(split, tuple(splits[split])) for split in _ordered(splits))
        )
        for name, splits in configs.items()
    )


def _ordered(splits: Mapping[str, Sequence[HubFile]]) -> list[str]:
    """Splits that have files, in the order in which people think of them."""
    usual = list(dict.fromkeys(_KEYWORDS.values()))
    known = [split for split in usual if splits.get(split)]
    return [*known, *(split for split, own in splits.items() if own and split not in usual)]


def _configured(
    config: Mapping[str, Any], files: Sequence[HubFile]
) -> dict[str, tuple[HubFile, ...]]:
    """Splits of one entry of the card's `configs`."""
    folder = config.get("data_dir")
    if isinstance(folder, str):
        below = folder.strip("./")
        files = [file for file in files if file.path.startswith(f"{below}/")] if below else files
    given = config.get("data_files")
    if given is None:
        return _inferred(files)
    if isinstance(given, dict):
        return {str(split): _matched(_list(paths), files) for split, paths in given.items()}
    entries = _list(given)
    named = [one for one in entries if isinstance(one, dict)]
    if named:
        return {
            str(one.get("split", "train")): _matched(_list(one.get("path")), files) for one in named
        }
    return _inferred(_matched(entries, files))


def _matched(patterns: Sequence[Any], files: Sequence[HubFile]) -> tuple[HubFile, ...]:
    """Files that a pattern names, of one format, in the order of their names."""
    found = []
    for pattern in patterns[:_MOST_PATTERNS]:
        if isinstance(pattern, str):
            parts = pattern.removeprefix("./").split("/")
            found += [file for file in files if _fits(parts, file.path.split("/"))]
    return _one_format(dict.fromkeys(sorted(found, key=lambda one: one.path)))


def _fits(pattern: Sequence[str], path: Sequence[str]) -> bool:
    """Whether a path fits a pattern, both part by part; `**` stands for any number of parts."""
    reached = {0}
    for part in pattern:
        if part == "**":
            reached = set(range(min(reached, default=len(path) + 1), len(path) + 1))
        else:
            reached = {
                at + 1 for at in reached if at < len(path) and fnmatch.fnmatchcase(path[at], part)
            }
    return len(path) in reached


def _inferred(files: Sequence[HubFile]) -> dict[str, tuple[HubFile, ...]]:
    """Splits by names: of shards, else by a word for a split in a path, else all are `train`."""
    usable = sorted(_one_format(files), key=lambda one: one.path)
    for split_of in (_of_shard, _of_words):
        found: dict[str, list[HubFile]] = {}
        for file in usable:
            if split := split_of(file.path):
                found.setdefault(split, []).append(file)
        if found:
            return {split: tuple(own) for split, own in found.items()}
    return {"train": tuple(usable)} if usable else {}


def _one_format(files: Iterable[HubFile]) -> tuple[HubFile, ...]:
    """Those of the format that most of them have; others say the same again, or something else."""
    every = tuple(files)
    counts = Counter(PurePosixPath(file.path).suffix.lower() for file in every)
    best = max(READABLE, key=lambda suffix: counts[suffix])
    return tuple(file for file in every if file.path.lower().endswith(best))


def _of_shard(path: str) -> str:
    found = _SHARD.search(path)
    return found["split"] if found else ""


def _of_words(path: str) -> str:
    """The last word of a path that means a split."""
    words = re.findall(r"[a-z]+", path.rpartition(".")[0].lower())
    return next((_KEYWORDS[word] for word in reversed(words) if word in _KEYWORDS), "")


def _is_data(path: str) -> bool:
    hidden = any(part.startswith((".", "_")) for part in path.split("/"))
    return path.lower().endswith(READABLE) and not hidden and not _NO_DATA.search(path)


def _rows_told(info: Any) -> dict[str, dict[str, int]]:
    """Numbers of rows by configuration and split, from the card's `dataset_info`."""
    return {
        str(one.get("config_name") or DEFAULT): dict(_split_rows(one))
        for one in _list(info)
        if isinstance(one, dict)
    }


def _split_rows(info: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for one in _list(info.get("splits")):
        if isinstance(one, dict) and type(one.get("num_examples")) is int:
            yield str(one.get("name")), one["num_examples"]


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
