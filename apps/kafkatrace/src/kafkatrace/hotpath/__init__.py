"""What every message costs: in C where that was built, else in Python."""
