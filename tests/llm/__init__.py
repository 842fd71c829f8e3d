"""The program that does LLM jobs."""
