"""What a client and a daemon of one user share on this machine. Standard library only."""
