"""`python -m tracedpipeline`."""

from tracedpipeline.cli import main

main()
