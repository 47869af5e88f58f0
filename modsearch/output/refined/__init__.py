"""What trainings with fresh seeds say of a search."""
