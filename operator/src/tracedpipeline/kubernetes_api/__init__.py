"""What talks to the API server, and what it is told by."""
