"""The Pareto front of a study."""
