"""What was observed becomes the resource's status. Pure."""
