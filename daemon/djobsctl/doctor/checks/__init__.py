"""The checks, one idea per file. Pure: facts in, findings out."""
