"""Files written for somebody else, into one folder and nowhere else, and taken back on request.

``writing.write_all`` writes what a model, or another worker's result, wants written;
``undoing.undo`` takes it back. Both block, and use the standard library only.
"""
