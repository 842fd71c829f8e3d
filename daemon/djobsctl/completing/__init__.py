"""What a shell may complete, told by the parsers, as scripts for bash, zsh and fish."""
