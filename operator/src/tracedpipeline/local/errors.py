"""What keeps a pipeline from running on this machine. Pure."""


class LocalError(Exception):
    """One sentence for the person who typed the command: what is wrong, where, and what to do."""
