"""The program that watches an agent: its streams, its copy of a workspace, its bounds."""
