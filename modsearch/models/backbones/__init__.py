"""Backbone modules, one file a family."""
