"""What a span says, and its bytes."""
