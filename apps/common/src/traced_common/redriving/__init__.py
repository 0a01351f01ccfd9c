"""Sends dead letters back to their topic: `python -m traced_common.redriving`, lines of JSON on stdout.

It runs with a consumer's variables and files.
"""
