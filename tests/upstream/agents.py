"""Where the agents of these tests work."""

HERE = "/repo/here"
