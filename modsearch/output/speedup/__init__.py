"""What of the MACs that MoD blocks save becomes time."""
