"""BlockSpace: the choices for one kind of light block, whichever it is."""

from modsearch.space.mod_space import ModSpace

BlockSpace = ModSpace
"""A tagged union on ``kind`` as soon as there is a second one."""
