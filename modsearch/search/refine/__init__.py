"""Refinement: networks of a study trained anew, to tell which of them belong on its front."""
