"""The background: from ended operations to exporters."""
