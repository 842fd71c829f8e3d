"""Which providers lack what they need to be asked, and what to set. Pure.

Only whether something is there is looked at, never what it says: a wrong key is found by asking.
"""

from collections.abc import Mapping
from typing import Final

from djobs_daemon.queue.job_environment import is_secret
from djobs_daemon.queue.routing import PROVIDERS_SETTING
from djobs_llm.contract import Provider

BEDROCK_TOKEN: Final = "AWS_BEARER_TOKEN_BEDROCK"
AWS_CHAIN: Final[tuple[tuple[str, ...], ...]] = (
    (BEDROCK_TOKEN,),
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    ("AWS_PROFILE",),
    ("AWS_DEFAULT_PROFILE",),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI",),
)
"""Each line alone is enough; see "Credentials" in the guide of boto3."""

AWS_VARIABLES: Final = (
    *sorted({name for names in AWS_CHAIN for name in names}),
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CA_BUNDLE",
    "AWS_EC2_METADATA_DISABLED",
)
"""What the program that asks Bedrock needs of the environment."""


def missing_credentials(
    providers: Mapping[str, Provider], environ: Mapping[str, str], *, aws_files: bool
) -> dict[str, str]:
    """Return for each provider that cannot be asked a sentence that says what to set.

    ``aws_files`` says whether the user has AWS credential files, which may hold what variables do
    not.
    """
    found = {
        name: _missing(name, each, environ, aws_files=aws_files) for name, each in providers.items()
    }
    return {name: sentence for name, sentence in found.items() if sentence is not None}


def variables(providers: Mapping[str, Provider]) -> list[str]:
    """Return the names of the variables that the providers read, each once."""
    names = [each.key_env for each in providers.values() if each.key_env]
    if any(each.kind == "bedrock" for each in providers.values()):
        names.extend(AWS_VARIABLES)
    return list(dict.fromkeys(names))


def keys_of_providers(keys: Mapping[str, str], providers: Mapping[str, Provider]) -> dict[str, str]:
    """Return what the program that asks is given: its providers' keys, the proxy, no other secret.

    So a key that is meant for somebody's command is not in the hands of an SDK.
    """
    wanted = set(variables(providers))
    return {
        name: value
        for name, value in keys.items()
        if name in wanted or name.lower().endswith("_proxy") or not is_secret(name)
    }


def _missing(
    name: str, provider: Provider, environ: Mapping[str, str], *, aws_files: bool
) -> str | None:
    if provider.kind == "openai_compatible" and provider.base_url is None:
        return f"{name} has no address: set {PROVIDERS_SETTING}.{name}.base_url."
    if provider.key_env is not None:
        if environ.get(provider.key_env):
            return _missing_region(name, provider, environ, aws_files=aws_files)
        return f"{name} has no key: set the variable {provider.key_env}."
    if provider.kind == "openai_compatible":
        return None
    if provider.kind != "bedrock":
        return f"{name} has no key: name its variable in {PROVIDERS_SETTING}.{name}.key_env."
    by_variables = any(all(environ.get(each) for each in names) for names in AWS_CHAIN)
    if not (by_variables or provider.profile or aws_files):
        return (
            f"{name} has no credentials: set {BEDROCK_TOKEN}, or AWS_ACCESS_KEY_ID and "
            f"AWS_SECRET_ACCESS_KEY, or AWS_PROFILE."
        )
    return _missing_region(name, provider, environ, aws_files=aws_files)


def _missing_region(
    name: str, provider: Provider, environ: Mapping[str, str], *, aws_files: bool
) -> str | None:
    if provider.kind != "bedrock":
        return None
    known = provider.region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    # A profile may hold a region.
    if known or aws_files or provider.profile:
        return None
    return f"{name} has no region: set AWS_REGION, or {PROVIDERS_SETTING}.{name}.region."
