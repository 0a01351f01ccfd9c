"""Measurements: each command compares side by side in one run."""
