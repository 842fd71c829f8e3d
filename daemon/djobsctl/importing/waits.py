"""Who waits for whom, never in a circle. Pure."""

from collections.abc import Iterable, Iterator


class Waits:
    """Edges from what waits to what it waits for; they never close a circle."""

    def __init__(self) -> None:
        self._needs: dict[str, dict[str, None]] = {}
        self._needed: set[str] = set()

    def add(self, who: str, need: str) -> bool:
        """Let ``who`` wait for ``need``; False, and nothing done, if that would be a circle."""
        if need in self._needs.get(who, ()):
            return True
        if who == need or self._reaches(need, who):
            return False
        self._needed.add(need)
        self._needs.setdefault(who, {})[need] = None
        return True

    def of(self, who: str) -> tuple[str, ...]:
        """Return what it waits for, in the order it was said."""
        return tuple(self._needs.get(who, ()))

    def in_order(self, names: Iterable[str]) -> Iterator[str]:
        """Yield the names, each after all that it waits for, else in their own order."""
        done: set[str] = set()
        for name in names:
            yield from self._with_needs(name, done)

    def _with_needs(self, name: str, done: set[str]) -> Iterator[str]:
        stack = [name]
        while stack:
            top = stack[-1]
            waiting = [need for need in self.of(top) if need not in done]
            if waiting and top not in done:
                stack += reversed(waiting)
                continue
            stack.pop()
            if top not in done:
                done.add(top)
                yield top

    def _reaches(self, begin: str, end: str) -> bool:
        if begin not in self._needs or end not in self._needed:
            return False  # so that a plan which is written down in either order takes no search
        seen, ends = {begin}, [begin]
        while ends:
            for need in self.of(ends.pop()):
                if need == end:
                    return True
                if need not in seen:
                    seen.add(need)
                    ends.append(need)
        return False
