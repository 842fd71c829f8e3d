"""One job asked of one model, which is told what is wrong with its output, and asked again."""

from collections.abc import MutableMapping
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, Field
from pydantic_ai import Agent, ModelRetry
from pydantic_ai.exceptions import ModelAPIError, UnexpectedModelBehavior
from pydantic_ai.settings import ModelSettings

from djobs_llm.contract import Code, Limits, Request, Route
from djobs_llm.failure import JobFailed
from djobs_llm.meter import Meter, now_ms
from djobs_llm.metered_model import MeteredModel
from djobs_llm.models import open_model
from djobs_llm.placing import Misplaced, place
from djobs_llm.pricing import Prices
from djobs_llm.sdk_errors import as_failure
from djobs_llm.task import Task

Output = TypeVar("Output")


class OutputFile(BaseModel):
    """One whole file."""

    path: str = Field(description="Relative to the root of the project, with forward slashes.")
    content: str = Field(description="The whole content of the file, as it shall be on disk.")


class OutputFiles(BaseModel):
    """The files that were made or changed."""

    files: list[OutputFile]
    summary: str = Field(default="", description="What was done, and what to check.")


class Reply(NamedTuple):
    """What a model answered."""

    model: str
    text: str
    files: dict[str, str]


async def ask(
    request: Request,
    task: Task,
    route: Route,
    meter: Meter,
    prices: Prices,
    environ: MutableMapping[str, str],
) -> Reply:
    """Return the model's answer, in form; ``JobFailed`` in any other case."""
    provider = request.providers[route.provider]
    if request.limits.cost_usd is not None and not prices.is_known(route):
        raise JobFailed(
            Code.PRICE_UNKNOWN,
            f"The price of {route.target} is unknown, so the job's limit of "
            f"{request.limits.cost_usd:g} USD cannot be kept. Set its price, or lift the limit.",
        )
    settings = _settings(request)
    async with open_model(route, provider, environ, request.limits) as asked:
        model = MeteredModel(asked, route, meter, prices, stream=provider.stream)
        if task.kind == "text":
            return await _ask_text(model, task, settings, request.limits)
        return await _ask_files(model, task, settings, request.limits, request.workspace)


async def _ask_text(
    model: MeteredModel, task: Task, settings: ModelSettings, limits: Limits
) -> Reply:
    agent = Agent(model, instructions=task.system, retries=limits.corrections)
    text = await _run(agent, model, task, settings)
    files = {task.output_path: text} if task.output_path is not None else {}
    return Reply(model.answered_as, text, files)


async def _ask_files(
    model: MeteredModel, task: Task, settings: ModelSettings, limits: Limits, workspace: str
) -> Reply:
    agent = Agent(
        model, instructions=task.system, output_type=OutputFiles, retries=limits.corrections
    )

    def placed(output: OutputFiles) -> dict[str, str]:
        pairs = ((each.path, each.content) for each in output.files)
        return place(pairs, task.output_path, workspace, limits)

    @agent.output_validator
    def check(output: OutputFiles) -> OutputFiles:
        try:
            placed(output)
        except Misplaced as wrong:
            raise ModelRetry(str(wrong)) from wrong
        return output

    output = await _run(agent, model, task, settings)
    return Reply(model.answered_as, output.summary, placed(output))


async def _run(
    agent: Agent[object, Output], model: MeteredModel, task: Task, settings: ModelSettings
) -> Output:
    try:
        result = await agent.run(task.user, model=model, model_settings=settings)
    except ModelAPIError as error:  # the request's time was over, which is seen outside of it
        raise as_failure(error, now_ms()) from error
    except UnexpectedModelBehavior as error:
        raise JobFailed(
            Code.OUTPUT_INVALID,
            f"The model's output was not in form, also after it was told why: {_reason(error)} "
            "Say more clearly what is wanted, or take another model.",
            charged=True,
        ) from error
    return result.output


def _reason(error: Exception) -> str:
    cause = error.__cause__ or error
    return " ".join(str(cause).split())[:400]


def _settings(request: Request) -> ModelSettings:
    settings = ModelSettings(request_timeout=request.limits.request_seconds)
    if request.max_tokens is not None:
        settings["max_tokens"] = request.max_tokens
    return settings
