"""Tuning: learning on the calibration sets, of few numbers and with few tokens."""
