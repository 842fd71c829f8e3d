"""Which requests a session does not take on: an id in use, or a subscription too many."""

from djobs_daemon.mcp_server import messages
from djobs_daemon.mcp_server.messages import Message
from djobs_daemon.mcp_server.unanswered import Unanswered
from djobs_daemon.mcp_server.updates import RESOURCES_MAX, Updates, uris_of
from djobs_protocol.limits import SUBSCRIPTIONS_MAX


def refusal(
    message: Message, request_id: int | str, unanswered: Unanswered, updates: Updates
) -> bytes | None:
    """Return the error that answers a request instead of its result; None when it is taken on.

    The SDK has a bound on subscriptions too, but one for all sessions together.
    """
    if request_id in unanswered:
        why = f"Request id {request_id!r} is in use by a request that has no answer yet."
    elif message.method != messages.LISTEN:
        return None
    elif unanswered.subscriptions >= SUBSCRIPTIONS_MAX:
        why = f"This session has {SUBSCRIPTIONS_MAX} subscriptions (SUBSCRIPTIONS_MAX)."
    elif updates.is_full_for(*uris_of(message)):
        why = f"A session may be subscribed to {RESOURCES_MAX} resources (RESOURCES_MAX)."
    else:
        return None
    return messages.error(request_id, messages.INVALID_REQUEST, why)
