"""The contract: framing, envelope, states, errors, schema."""
