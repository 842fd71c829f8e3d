"""What every test of runs uses."""

from tests.runner.conftest import bench

__all__ = ["bench"]
