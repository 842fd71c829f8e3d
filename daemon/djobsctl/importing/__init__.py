"""What other tools wrote down, read and turned into jobs; nothing there is altered."""
