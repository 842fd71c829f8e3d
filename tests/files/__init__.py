"""Files written into one folder and nowhere else."""
