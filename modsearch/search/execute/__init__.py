"""Who does the work, one network after the other or on a cluster."""
