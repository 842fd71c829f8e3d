"""The token counter counts what the published tokenizer counts."""

import pytest

from tests.clients.tokens import count_tokens

pytestmark = pytest.mark.real_client


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("hello world", 2),
        ("tiktoken is great!", 6),
        ("antidisestablishmentarianism", 6),
        ("2 + 2 = 4", 7),
        ("お誕生日おめでとう", 9),
        ("<|endoftext|>", 7),
    ],
)
def test_known_texts_cost_their_published_number_of_tokens(text: str, tokens: int) -> None:
    assert count_tokens(text) == tokens
