"""Whatever a hostile peer, disk or folder does, the daemon lives and says what is wrong."""
