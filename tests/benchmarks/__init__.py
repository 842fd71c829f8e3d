"""The benchmarks, judged, and the parts of them that are not about time.

``pytest tests/benchmarks -o addopts=--import-mode=importlib --benchmark-only`` measures and judges;
an ordinary run only looks whether they work.
"""
