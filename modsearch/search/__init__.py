"""The study: who proposes networks, and how they are scored one after the other."""
