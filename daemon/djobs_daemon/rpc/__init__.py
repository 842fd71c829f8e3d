"""The door for programs: the socket, its connections, the dispatcher."""
