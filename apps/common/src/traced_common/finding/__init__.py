"""Reads what Kafka knows of one message and prints it as JSON: `python -m traced_common.finding REQUEST`.

It runs with a consumer's variables and files, reads as no member of the group, and writes nothing.
"""
