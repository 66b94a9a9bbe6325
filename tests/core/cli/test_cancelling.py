"""Ctrl-C: stops a tuning and keeps the best, else cancels."""

from __future__ import annotations

import signal

import pytest

from act_core.cli.cancelling import cancellable


def test_the_first_stops_a_tuning_and_the_second_cancels(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = signal.getsignal(signal.SIGINT)
    with cancellable() as token:
        with token.tunes():
            signal.raise_signal(signal.SIGINT)
            assert token.keeps_best
            assert not token.cancelled
            assert "the best so far is kept" in capsys.readouterr().err
            signal.raise_signal(signal.SIGINT)
            assert token.cancelled
        assert not token.keeps_best
    assert signal.getsignal(signal.SIGINT) is before


def test_without_a_tuning_it_cancels(capsys: pytest.CaptureFixture[str]) -> None:
    with cancellable() as token:
        signal.raise_signal(signal.SIGINT)
        assert token.cancelled
        assert not token.keeps_best
    assert capsys.readouterr().err == ""
