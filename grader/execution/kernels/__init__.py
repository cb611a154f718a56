"""Kernels: how they are forked from a warm process or started from cold, and what they are."""
