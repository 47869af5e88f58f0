"""Scores one network: measures it, trains its proxy."""
