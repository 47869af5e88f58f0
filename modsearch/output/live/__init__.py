"""What long work shows while it runs."""
