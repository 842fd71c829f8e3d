"""A model whose every request is counted before and after, and whose failures have our codes."""

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from djobs_llm.contract import Code, Route
from djobs_llm.failure import JobFailed
from djobs_llm.meter import Counts, Meter, now_ms
from djobs_llm.pricing import Prices
from djobs_llm.sdk_errors import SAID, as_failure


class MeteredModel(WrapperModel):
    """Asks the wrapped model, by a stream where it can, so that a silent line shows soon.

    Whatever an SDK raises is its provider's failure, a ``JobFailed``, so another can be asked: what
    the SDKs make of an answer that is not in their format has no class in common.
    """

    def __init__(
        self, wrapped: Model, route: Route, meter: Meter, prices: Prices, *, stream: bool
    ) -> None:
        super().__init__(wrapped)
        self._route = route
        self._meter = meter
        self._prices = prices
        self._stream = stream
        self.answered_as = route.model
        """As the provider names the model that answered last."""

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Return a whole response, counted."""
        self._meter.check()
        self._meter.sending(self._route)
        if self._stream:
            response = await self._streamed(messages, model_settings, model_request_parameters)
        else:
            response = await self._whole(messages, model_settings, model_request_parameters)
        self.answered_as = response.model_name or self._route.model
        cut = _is_cut(response, streamed=self._stream)
        self._count(response, measured=not cut)
        _check_end(response, cut=cut)
        return response

    async def _whole(
        self,
        messages: list[ModelMessage],
        settings: ModelSettings | None,
        parameters: ModelRequestParameters,
    ) -> ModelResponse:
        try:
            return await self.wrapped.request(messages, settings, parameters)
        except Exception as error:  # see the class
            raise self._failed(error, None) from error
        except BaseException:
            self._meter.lost(self._route, Counts(), 0.0)
            raise

    async def _streamed(
        self,
        messages: list[ModelMessage],
        settings: ModelSettings | None,
        parameters: ModelRequestParameters,
    ) -> ModelResponse:
        stream: StreamedResponse | None = None
        try:
            async with self.wrapped.request_stream(messages, settings, parameters) as stream:
                async for _ in stream:
                    pass
                return stream.get()
        except Exception as error:  # see the class
            raise self._failed(error, stream) from error
        except BaseException:
            self._lose(stream)
            raise

    def _failed(self, error: Exception, stream: StreamedResponse | None) -> JobFailed:
        failure = as_failure(error, now_ms())
        if failure.charged or stream is not None:
            failure.charged = True
            self._lose(stream)
        else:
            self._meter.refused(self._route)
        return failure

    def _lose(self, stream: StreamedResponse | None) -> None:
        counts = Counts() if stream is None else counts_of(stream.usage)
        self._meter.lost(self._route, counts, self._prices.cost(self._route, counts))

    def _count(self, response: ModelResponse, *, measured: bool) -> None:
        counts = counts_of(response.usage)
        cost = self._prices.cost(self._route, counts)
        if measured and not response.usage.unmeasured_requests:
            self._meter.received(self._route, self.answered_as, counts, cost)
        else:
            self._meter.lost(self._route, counts, cost)


def counts_of(usage: RequestUsage) -> Counts:
    """Return what a provider counted."""
    return Counts(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
    )


def _is_cut(response: ModelResponse, *, streamed: bool) -> bool:
    """Say whether a response is not whole.

    A stream that stops without a reason was cut off, also where its line was closed in good order.
    """
    return response.state != "complete" or (streamed and response.finish_reason is None)


def _check_end(response: ModelResponse, *, cut: bool) -> None:
    """Raise if the response ended otherwise than by being done."""
    if response.finish_reason == "content_filter":
        raise JobFailed(Code.CONTENT_REFUSED, SAID[Code.CONTENT_REFUSED], charged=True)
    if response.finish_reason == "length":
        text = "".join(part.content for part in response.parts if isinstance(part, TextPart))
        raise JobFailed(Code.OUTPUT_CUT, SAID[Code.OUTPUT_CUT], charged=True, text=text or None)
    if cut:
        raise JobFailed(Code.CONNECTION_CUT, SAID[Code.CONNECTION_CUT], charged=True)
