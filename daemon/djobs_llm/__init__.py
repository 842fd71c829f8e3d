"""One LLM job: a child program between a request file and an answer file.

``python -I <path>/__main__.py REQUEST.json ANSWER.json``. The SDKs live here and nowhere else, so
that the daemon stays small and what they do ends with the job. ``contract`` and ``usage_lines``
need none of them; the rest needs the extra ``djobs[llm]``.
"""
