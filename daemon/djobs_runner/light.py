"""The standard library's ``signal`` without the enums that it makes of every number.

They cost a runner a third of its start. The accelerator has the same functions and plain numbers.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as signals
else:
    import _signal as signals

__all__ = ["signals"]
