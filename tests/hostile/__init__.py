"""Attacks on the grader as notebooks, and the proof that none of them earns, learns or breaks."""
