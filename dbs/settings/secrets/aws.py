"""`aws-sm:NAME#key`: a key of a JSON secret in AWS Secrets Manager; without `#key` the whole text.

The one module that knows boto3. Who we are comes from where boto3 always looks: the environment, a profile, the role
of the machine. The region is that of the name when it is an ARN, else AWS_REGION or AWS_DEFAULT_REGION.
"""

from __future__ import annotations

import json
from typing import Any

from dbs.settings.secrets.interface import Place, SecretError, chosen

_CONNECT_SECONDS, _READ_SECONDS = 5, 10
_TRIES = 3
_ADVICE = {
    "ResourceNotFoundException": "There is no such secret in this account and region.",
    "AccessDeniedException": "This account may not read it; it needs secretsmanager:GetSecretValue.",
    "DecryptionFailure": "This account may not use the key that it is encrypted with; it needs kms:Decrypt.",
    "UnrecognizedClientException": "The credentials are not valid.",
    "InvalidClientTokenId": "The credentials are not valid.",
    "ExpiredTokenException": "The credentials have expired.",
    "InvalidRequestException": "It cannot be read as it is now; perhaps it is being deleted.",
}


def read(name: str, place: Place) -> str:
    """The secret. Raises `SecretError`."""
    secret_id, _, key = name.partition("#")
    reference = f"aws-sm:{name}"
    text = _text(_fetched(secret_id, reference, place), reference)
    if not key:
        return text
    try:
        document = json.loads(text)
    except ValueError:
        document = None  # the error would hold the text
    return chosen(document, key, reference)


def _fetched(secret_id: str, reference: str, place: Place) -> dict[str, Any]:
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise SecretError(
            f'"{reference}" needs the package boto3. In the environment of dbs run: pip install "dbs[aws]"'
        ) from None
    proxy = place.network.proxy
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _TRIES},
        proxies={"http": proxy, "https": proxy} if proxy else None,
    )
    try:
        with place.network.bundle() as trusted:
            session = boto3.session.Session()
            verify = None if trusted is True else trusted  # None leaves AWS_CA_BUNDLE in force
            client = session.client(
                "secretsmanager", region_name=_region(secret_id, place), config=config, verify=verify
            )
            return dict(client.get_secret_value(SecretId=secret_id))
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        raise SecretError(_refusal(reference, code)) from None
    except BotoCoreError as error:
        # By its kind only: some of these texts hold what was sent.
        raise SecretError(
            f'AWS Secrets Manager cannot be asked for "{reference}" ({type(error).__name__}). Look at the credentials, '
            "at AWS_REGION, and at [network]."
        ) from None


def _refusal(reference: str, code: str) -> str:
    return f'AWS Secrets Manager does not give "{reference}" ({code}). {_ADVICE.get(code, "")}'.rstrip()


def _region(secret_id: str, place: Place) -> str | None:
    parts = secret_id.split(":")
    if parts[0] == "arn" and len(parts) > 3:
        return parts[3]
    return place.environ.get("AWS_REGION") or place.environ.get("AWS_DEFAULT_REGION")


def _text(answer: dict[str, Any], reference: str) -> str:
    if "SecretString" in answer:
        return str(answer["SecretString"])
    try:
        return bytes(answer["SecretBinary"]).decode()
    except UnicodeDecodeError:
        raise SecretError(f'The secret "{reference}" is not UTF-8 text.') from None
