"""The real client against a stand-in for GitHub with real git repositories."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from dbs.github.client import GithubClient
from tests.github.asking import ALL_RIGHTS, REPOSITORY, Keys, as_app, as_person
from tests.support import fake_github_server
from tests.support.fake_github import FakeGithub
from tests.support.fake_github_model import App, Repository


@pytest.fixture(autouse=True)
def no_surprises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a proxy nor credentials of the machine that runs the tests."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "GITHUB_TOKEN", "GITHUB_API_URL"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(autouse=True)
def no_pauses() -> Iterator[None]:
    """As many tries as in earnest, without waiting between them."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


@pytest.fixture(scope="session")
def keys() -> Keys:
    """A pair of keys of an App."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Keys(private.decode(), public.decode())


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeGithub]:
    """A fresh GitHub with one repository."""
    with fake_github_server.running(tmp_path) as running:
        running.repository(REPOSITORY)
        yield running


@pytest.fixture
def repository(fake: FakeGithub) -> Repository:
    """What is kept about it."""
    return fake.repositories[REPOSITORY]


@pytest.fixture
def installed(fake: FakeGithub, keys: Keys) -> App:
    """An App that is installed there."""
    made = fake.app(keys.public)
    fake.install(REPOSITORY, ALL_RIGHTS)
    return made


@pytest.fixture
def app(fake: FakeGithub, installed: App, keys: Keys) -> Iterator[GithubClient]:
    """dbs as an App."""
    with as_app(fake, installed, keys) as client:
        yield client


@pytest.fixture
def person(fake: FakeGithub) -> Iterator[GithubClient]:
    """dbs with a person's token."""
    with as_person(fake) as client:
        yield client
