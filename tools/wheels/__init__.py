"""`make wheels`: kafkatrace as sdist, pure wheel and wheels with its C extension."""
