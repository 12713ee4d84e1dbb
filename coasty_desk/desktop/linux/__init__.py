"""What Linux tells of processes, their work and their programs. Optional: a run does without."""
