"""Where a reader of a job's output goes on. Pure; standard library only, for the command line."""


def next_place(
    generation: int,
    next_offset: int,
    *,
    may_be_more: bool,
    last_generation: int,
    ended: bool,
    alone: bool,
) -> tuple[int, int] | None:
    """Return the attempt and the offset to ask for after a chunk; None when nothing will come.

    ``may_be_more`` of this attempt: the chunk had data, or the attempt runs or has not begun.
    ``alone``: no attempt but this one is wanted. The other arguments are a ``LogChunk``'s.
    """
    attempt = generation or 1
    if may_be_more:
        return attempt, next_offset
    if alone or (ended and attempt >= last_generation):
        return None
    return attempt + 1, 0
