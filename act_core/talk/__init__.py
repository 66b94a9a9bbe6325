"""Talking to a target, its specialists and its result: one loaded model, candidates as patches."""
