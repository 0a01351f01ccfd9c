"""What programs of a pipeline answer: read within limits, checked, bounded where it is quoted."""
