"""Every bound that crosses the socket, with its unit last. What happens at a bound is an error.

Standard library only, and at run time not even ``typing``: the shim reads some of these, and typing
would cost it more than the start of its interpreter.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

FRAME_BYTES_MAX: Final = 4 * 1024 * 1024
"""One line on the socket, its newline not counted, before and after the hello (R27)."""

HANDSHAKE_SECONDS: Final = 5.0
"""From accept to a complete hello line (R27)."""

REQUEST_SECONDS_DEFAULT: Final = 30.0
REQUEST_SECONDS_MAX: Final = 600.0
"""A request's deadline when the client names none, and the longest it may name (R19)."""

KEY_SECONDS_MAX: Final = 366 * 86_400.0
"""The longest window of an idempotency key."""

DELAY_SECONDS_MAX: Final = 10 * 366 * 86_400.0
"""How long after it is enqueued a job may be started, where that is said in seconds."""

DURATION_SECONDS_MAX: Final = 366 * 86_400.0
"""The longest that work of an executor may be allowed to run."""

LOG_PAGE_BYTES_MAX: Final = 256 * 1024
"""Of what running work printed, in one answer."""

SCHEDULES_MAX: Final = 500
"""Schedules of all workspaces together."""

WAIT_SECONDS_MAX: Final = 300.0
"""How long a claim, or a wait for jobs, may last in one request."""

CONNECTIONS_MAX: Final = 256
"""Open connections; the next one is told ``busy`` (R27)."""

REQUESTS_IN_FLIGHT_MAX: Final = 64
"""Requests of one connection being worked on; reading pauses at this many."""

OUTBOUND_BYTES_MAX: Final = 1024 * 1024
"""Unsent bytes of one connection; reading from it pauses above this (R26)."""

PAYLOAD_BYTES_MAX: Final = 256 * 1024
"""A job's payload, encoded as JSON."""

PAYLOAD_DEPTH_MAX: Final = 100
"""Objects and arrays inside each other in a payload: readable for every JSON parser."""

TEXT_BYTES_MAX: Final = 64 * 1024
"""Evidence and error texts, encoded as UTF-8."""

NAME_CHARS_MAX: Final = 200
"""Types, keys, names of agents and programs, versions."""

JOB_ID_CHARS_MAX: Final = 40
"""Of what is sent as a job's id; those that are given out are shorter."""

CORRELATION_CHARS_MAX: Final = 4096
"""Correlation ids, and the workspaces they default to: as long as a path may be."""

LIMITS_MAX: Final = 200
"""Limits of types, workspaces and resources: while there are any, a claim looks at all of them."""
LIMIT_AMOUNT_MAX: Final = 10_000
"""Jobs at once, or starts in a window."""
WINDOW_SECONDS_MAX: Final = 31 * 86_400.0
"""Of a rate."""

BATCH_JOBS_MAX: Final = 500
DEPENDENCIES_MAX: Final = 100
"""Jobs in one enqueue; dependencies of one job."""

PURGE_JOBS_MAX: Final = 200
"""Jobs that one request removes; each costs more than a change of one."""

CURSOR_CHARS_MAX: Final = 100
PAGE_ITEMS_MAX: Final = 500
"""Rows in one page of any list."""

GLANCES_MAX: Final = 100
"""Jobs in each list of an overview."""

EVENTS_PAGE_MAX: Final = 100
"""Events in one message: with the longest names and notes they fit ``FRAME_BYTES_MAX``."""

FOLLOWED_JOBS_MAX: Final = 100
"""Jobs that one request waits for, or one subscription is about."""

SUBSCRIPTIONS_MAX: Final = 16
"""Of one connection."""

PAGE_BYTES_MAX: Final = 1024 * 1024
"""Payloads, evidence and errors in one page of jobs, which ends early above this; one job may be
larger. Keeps every reply within ``FRAME_BYTES_MAX``."""

SHIM_RETAINED_BYTES_MAX: Final = 64 * 1024 * 1024
"""Unacknowledged client lines a shim keeps; it stops reading its client above this."""

CHECKS_MAX: Final = 20
"""Checks of one job."""
CHECKS_BYTES_MAX: Final = 64 * 1024
"""All checks of one job, as JSON: schemas are the long part."""
CHECK_SECONDS_MAX: Final = 3600
CHECK_TEXT_CHARS_MAX: Final = 4096
CHECK_WORDS_MAX: Final = 200
DIGEST_CHARS: Final = 64
"""A SHA-256 in hexadecimal."""
CHECKS_WAIT_SECONDS: Final = 40
"""For how long the answer to a report of success waits for checks; MCP clients give up at 60."""
