"""What licences ask of a model that was made of others."""

from __future__ import annotations

import pytest

from act_core.hub.licences import licence_of_name, licence_of_result, troubles


def _kinds(licences: list[str], stated: str = "other", name: str = "mine") -> list[str]:
    models = {f"lab/m{number}": licence for number, licence in enumerate(licences)}
    return [trouble.kind for trouble in troubles(models, stated, name)]


@pytest.mark.parametrize(
    ("licences", "stated", "kinds"),
    [
        (["apache-2.0", "mit"], "apache-2.0", []),
        (["apache-2.0", "cc-by-sa-4.0"], "cc-by-sa-4.0", []),
        (["apache-2.0", "cc-by-sa-4.0"], "apache-2.0", ["licence"]),
        (["mit", "cc-by-nc-4.0"], "mit", ["licence"]),
        (["mit", "cc-by-nc-4.0"], "cc-by-nc-4.0", []),
        (["cc-by-nc-4.0", "cc-by-nc-sa-4.0"], "cc-by-nc-sa-4.0", []),
        (["cc-by-nc-4.0", "cc-by-sa-4.0"], "other", ["licences"]),
        (["cc-by-nc-sa-4.0", "cc-by-sa-4.0"], "other", ["licences"]),
        (["gpl-3.0", "agpl-3.0"], "agpl-3.0", []),
        (["gpl-3.0", "cc-by-sa-4.0"], "other", ["licences"]),
        (["gemma", "gpl-3.0"], "other", ["licences"]),
        (["gemma", "cc-by-nc-4.0"], "other", []),
        (["gemma", "mit"], "mit", ["licence"]),
        (["cc-by-nd-4.0", "mit"], "mit", ["licence"]),
        (["llama3", "gemma"], "other", ["licences", "name"]),
        (["", "mit"], "mit", ["unknown licence"]),
        (["my-own", "mit"], "mit", ["unknown licence"]),
    ],
)
def test_what_stands_against_a_mixture(licences: list[str], stated: str, kinds: list[str]) -> None:
    assert _kinds(licences, stated) == kinds


def test_llamas_are_called_so() -> None:
    assert _kinds(["llama3.1", "llama3.2"], "llama3.1", "mine") == ["name"]
    assert _kinds(["llama3.1"], "llama3.1", "Llama-mine") == []
    assert _kinds(["llama2"], "llama2", "mine") == []


@pytest.mark.parametrize(
    ("licences", "result"),
    [
        (["mit", "mit"], "mit"),
        (["mit", "apache-2.0", "bsd"], "apache-2.0"),
        (["mit", "bsd"], "other"),
        (["mit", "cc-by-nc-4.0"], "cc-by-nc-4.0"),
        (["cc-by-nc-4.0", "cc-by-nc-sa-4.0"], "cc-by-nc-sa-4.0"),
        (["gemma", "cc-by-nc-4.0"], "other"),
        (["mit", ""], ""),
        (["mit", "my-own"], ""),
    ],
)
def test_what_the_result_should_bear(licences: list[str], result: str) -> None:
    named = {f"lab/m{number}": licence for number, licence in enumerate(licences)}
    assert licence_of_result(named) == result
    assert not result or result == "other" or "licence" not in _kinds(licences, result)


def test_every_licence_says_what_it_asks() -> None:
    found = licence_of_name(" Llama3.1 ")
    assert found is not None
    assert "Built with Llama" in found.asks
    assert licence_of_name("proprietary") is None
