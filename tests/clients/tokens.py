"""Counts tokens as the model ``cl100k_base`` does, without a download."""

import base64
import functools
import json

import tiktoken

from tests.clients.installed import MODULES, require

ENCODER = MODULES / "tiktoken" / "encoders" / "cl100k_base.json"


def count_tokens(text: str) -> int:
    """Return how many tokens a text costs. Skips the test where the encoder is not installed."""
    return len(_encoding().encode(text, disallowed_special=()))


@functools.cache
def _encoding() -> tiktoken.Encoding:
    table = json.loads(require(ENCODER).read_text())
    return tiktoken.Encoding(
        name="cl100k_base",
        pat_str=table["pat_str"],
        mergeable_ranks=_ranks(table["bpe_ranks"]),
        special_tokens=table["special_tokens"],
    )


def _ranks(packed: str) -> dict[bytes, int]:
    """Unpack lines of ``! first_rank token token …``, each token in base 64."""
    ranks: dict[bytes, int] = {}
    for line in packed.splitlines():
        _, first, *tokens = line.split()
        ranks.update(
            (base64.b64decode(token), rank) for rank, token in enumerate(tokens, int(first))
        )
    return ranks
