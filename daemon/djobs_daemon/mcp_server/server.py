"""The SDK server: tools, calls, resources. Imports ``mcp``: nothing imports this before ready."""

import mcp_types as types
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.models import InitializationOptions
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler

from djobs_daemon.mcp_server.catalog import ALL_TOOLS, PROFILES
from djobs_daemon.mcp_server.resources import MIME, TEMPLATES
from djobs_daemon.mcp_server.serving import Context, Serving
from djobs_protocol.version import VERSION

NAME = "djobs"
TITLE = "djobs: durable tasks"


def _as_sdk_tools() -> list[types.Tool]:
    return [
        types.Tool(
            name=tool.name,
            description=tool.description,
            input_schema=tool.input_schema,
            annotations=types.ToolAnnotations(
                title=tool.title,
                read_only_hint=tool.read_only,
                destructive_hint=None if tool.read_only else tool.destructive,
                idempotent_hint=None if tool.read_only else tool.idempotent,
                open_world_hint=False,
            ),
        )
        for tool in ALL_TOOLS
    ]


_TOOLS = _as_sdk_tools()
_LISTS = {
    profile: types.ListToolsResult(tools=[tool for tool in _TOOLS if tool.name in names])
    for profile, names in PROFILES.items()
}


async def _list_tools(
    context: Context, _params: types.PaginatedRequestParams | None
) -> types.ListToolsResult:
    return _LISTS[context.lifespan_context.profile]


async def _call_tool(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
    return await context.lifespan_context.call_tool(context, params)


_TEMPLATES = types.ListResourceTemplatesResult(
    resource_templates=[
        types.ResourceTemplate(
            uri_template=each.uri, name=each.name, description=each.description, mime_type=MIME
        )
        for each in TEMPLATES
    ]
)


async def _list_templates(
    _context: Context, _params: types.PaginatedRequestParams | None
) -> types.ListResourceTemplatesResult:
    return _TEMPLATES


async def _list_resources(
    context: Context, _params: types.PaginatedRequestParams | None
) -> types.ListResourcesResult:
    return types.ListResourcesResult(resources=await context.lifespan_context.resources())


async def _read_resource(
    context: Context, params: types.ReadResourceRequestParams
) -> types.ReadResourceResult:
    contents = await context.lifespan_context.read_resource(params.uri)
    return types.ReadResourceResult(contents=[contents])


async def _subscribe(context: Context, params: types.SubscribeRequestParams) -> types.EmptyResult:
    await context.lifespan_context.subscribe(context, params.uri)
    return types.EmptyResult()


async def _unsubscribe(
    context: Context, params: types.UnsubscribeRequestParams
) -> types.EmptyResult:
    context.lifespan_context.unsubscribe(params.uri)
    return types.EmptyResult()


async def _discover(context: Context, _params: types.RequestParams) -> types.DiscoverResult:
    return types.DiscoverResult(
        supported_versions=[context.protocol_version],
        capabilities=server.get_capabilities(protocol_version=context.protocol_version),
        instructions=await context.lifespan_context.instructions(),
    )


def _build() -> Server[Serving]:
    built: Server[Serving] = Server(
        NAME,
        version=VERSION,
        title=TITLE,
        on_list_tools=_list_tools,
        on_call_tool=_call_tool,
        on_list_resources=_list_resources,
        on_list_resource_templates=_list_templates,
        on_read_resource=_read_resource,
        on_subscribe_resource=_subscribe,
        on_unsubscribe_resource=_unsubscribe,
        on_subscriptions_listen=ListenHandler(InMemorySubscriptionBus()),
    )
    built.add_request_handler("server/discover", types.RequestParams, _discover)
    built.middleware.clear()  # OpenTelemetry spans nobody collects, on every call
    return built


server = _build()


def initialization_options(instructions: str) -> InitializationOptions:
    """Return the ``initialize`` payload of one session."""
    options = server.create_initialization_options(NotificationOptions(tools_changed=True))
    return options.model_copy(update={"instructions": instructions})
