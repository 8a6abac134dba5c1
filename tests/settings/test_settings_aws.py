"""`aws-sm:NAME#key` against moto's Secrets Manager."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from dbs.settings.network import Network
from dbs.settings.secrets import Place, SecretError, resolve

HERE = {"AWS_REGION": "eu-central-1"}


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that open nothing, and no way to the real ones."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")


@pytest.fixture
def store() -> Iterator[Any]:
    """Secrets Manager with three secrets in eu-central-1."""
    with mock_aws():
        client = boto3.client("secretsmanager", region_name="eu-central-1")
        document = json.dumps({"password": "hunter2", "port": 3306, "on": True})
        client.create_secret(Name="prod/shop", SecretString=document)
        client.create_secret(Name="plain", SecretString="hunter2")
        client.create_secret(Name="binary", SecretBinary=b"hunter2\xff")
        yield client


def read(reference: str, network: Network | None = None, environ: dict[str, str] | None = None) -> str:
    """The secret that a reference names."""
    place = Place(HERE if environ is None else environ, Path("/"), network or Network())
    return resolve(reference, place).get_secret_value()


def refusal(reference: str, **more: Any) -> str:
    """The sentence of a secret that cannot be had; it names the reference and holds no secret."""
    with pytest.raises(SecretError) as caught:
        read(reference, **more)
    assert "hunter2" not in repr(caught.value) and "testing" not in repr(caught.value)
    assert reference in str(caught.value)
    return str(caught.value)


def test_a_key_and_a_whole_secret(store: Any) -> None:
    assert read("aws-sm:prod/shop#password") == "hunter2"
    assert read("aws-sm:prod/shop#port") == "3306"
    assert read("aws-sm:plain") == "hunter2"
    assert json.loads(read("aws-sm:prod/shop"))["password"] == "hunter2"


def test_the_region_is_that_of_the_name_or_of_the_environment(store: Any) -> None:
    arn = store.describe_secret(SecretId="prod/shop")["ARN"]
    assert read(f"aws-sm:{arn}#password", environ={}) == "hunter2"
    assert read("aws-sm:plain", environ={"AWS_DEFAULT_REGION": "eu-central-1"}) == "hunter2"
    assert "(NoRegionError)" in refusal("aws-sm:plain", environ={})
    assert "no such secret in this account and region" in refusal("aws-sm:plain", environ={"AWS_REGION": "us-east-1"})


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("aws-sm:nothing", "(ResourceNotFoundException). There is no such secret"),
        ("aws-sm:prod/shop#user", 'has no key "user". The keys there are: on, password, port.'),
        ("aws-sm:prod/shop#on", "is no text"),
        ("aws-sm:plain#password", "has no keys"),
        ("aws-sm:binary", "is not UTF-8 text"),
    ],
)
def test_what_is_not_there(store: Any, reference: str, said: str) -> None:
    assert said in refusal(reference)


def test_one_that_is_being_deleted(store: Any) -> None:
    store.delete_secret(SecretId="plain")
    assert "perhaps it is being deleted" in refusal("aws-sm:plain")


def test_nobody_gets_there_without_credentials(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    assert "(NoCredentialsError). Look at the credentials" in refusal("aws-sm:plain")


def test_the_way_out_is_the_proxy() -> None:
    """No moto here: a proxy where nobody listens is as far as this gets."""
    assert "(ProxyConnectionError)" in refusal("aws-sm:plain", network=Network(proxy="http://127.0.0.1:1"))


def test_without_the_package_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert refusal("aws-sm:plain").endswith('run: pip install "dbs[aws]"')
