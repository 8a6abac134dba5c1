"""`vault:PATH#key` against a stand-in that refuses what Vault refuses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dbs.errors import SettingsError
from dbs.settings.network import Network
from dbs.settings.secrets import Place, SecretError, resolve
from tests.support.certificates import self_signed
from tests.support.vault import TOKEN, Vault, running


@pytest.fixture
def vault() -> Iterator[Vault]:
    """A running Vault."""
    with running() as one:
        yield one


PASSWORD = "vault:secret/shop#password"


def read(vault: Vault, reference: str, **environ: str) -> str:
    """The secret that a reference names."""
    return through(Network(), vault, reference, **environ)


def through(network: Network, vault: Vault, reference: str = PASSWORD, **environ: str) -> str:
    """The same by a way out."""
    given = {"VAULT_ADDR": vault.address, "VAULT_TOKEN": TOKEN, "HOME": "/nowhere", **environ}
    return resolve(reference, Place(given, Path("/"), network)).get_secret_value()


def refusal(vault: Vault, reference: str = PASSWORD, **environ: str) -> str:
    """The sentence of a secret that cannot be had; it holds neither secret nor token."""
    with pytest.raises(SecretError) as caught:
        read(vault, reference, **environ)
    assert "hunter2" not in repr(caught.value) and TOKEN not in repr(caught.value)
    assert caught.value.__cause__ is None
    return str(caught.value)


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ("vault:secret/shop#password", "hunter2"),
        ("vault:secret/data/shop#password", "hunter2"),
        ("vault:/secret/shop/#number", "4711"),
        ("vault:old/shop#password", "hunter2"),
    ],
)
def test_both_versions_of_the_engine(vault: Vault, reference: str, value: str) -> None:
    assert read(vault, reference) == value


def test_the_token_may_lie_in_a_file(vault: Vault, tmp_path: Path) -> None:
    for name in ("sink", ".vault-token"):
        (tmp_path / name).write_text(f"{TOKEN}\n")
    assert read(vault, PASSWORD, VAULT_TOKEN="", VAULT_TOKEN_FILE=str(tmp_path / "sink")) == "hunter2"
    assert read(vault, PASSWORD, VAULT_TOKEN="", HOME=str(tmp_path)) == "hunter2"
    assert "set VAULT_TOKEN, or VAULT_TOKEN_FILE" in refusal(vault, VAULT_TOKEN="")


def test_namespaces(vault: Vault) -> None:
    vault.namespace = "team-a/"
    assert read(vault, PASSWORD, VAULT_NAMESPACE="team-a/") == "hunter2"
    assert "The token is wrong or has expired, or its policy" in refusal(vault)


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("vault:secret/nothing#password", 'Vault has nothing at the path of "vault:secret/nothing#password"'),
        ("vault:old/nothing#password", "Vault has nothing at the path"),
        ("vault:elsewhere/shop#password", "Vault has nothing at the path"),
        ("vault:secret/shop#user", 'has no key "user". The keys there are: list, number, password.'),
        ("vault:secret/shop#list", "is no text"),
        ("vault:secret/shop", 'write it like "vault:secret/shop#password"'),
        ("vault:#password", 'write it like "vault:secret/shop#password"'),
    ],
)
def test_what_is_not_there(vault: Vault, reference: str, said: str) -> None:
    sentence = refusal(vault, reference)
    assert said in sentence and reference in sentence


def test_a_wrong_token_and_a_sealed_vault(vault: Vault) -> None:
    sentence = 'Vault does not give "vault:secret/shop#password". '
    assert refusal(vault, VAULT_TOKEN="hvs.other").startswith(sentence + "The token is wrong or has expired")
    vault.sealed = True
    assert refusal(vault) == sentence + "It is sealed or down. Somebody has to unseal it."


def test_what_answers_is_not_vault_or_nobody_answers(vault: Vault) -> None:
    vault.html = True
    assert "is not Vault" in refusal(vault)
    said = refusal(vault, VAULT_ADDR="http://somebody:hunter2@127.0.0.1:1")
    assert "at http://127.0.0.1:1 (ConnectionError)" in said
    assert "VAULT_ADDR is not set" in refusal(vault, VAULT_ADDR="")


def test_the_proxy_is_asked(vault: Vault) -> None:
    """The stand-in is the proxy: only through it is there a way to a name that nobody knows."""
    assert through(Network(proxy=vault.address), vault, VAULT_ADDR="http://vault.invalid:8200") == "hunter2"
    assert through(Network(proxy="http://127.0.0.1:1"), vault) == "hunter2"  # this machine needs none


def test_an_authority_of_ones_own_is_trusted_and_no_other(tmp_path: Path) -> None:
    certificate, other = (self_signed(tmp_path / name) for name in ("one", "other"))
    with running(tls=certificate) as vault:
        assert through(Network(ca_file=certificate), vault) == "hunter2"
        for network in (Network(), Network(ca_file=other)):
            with pytest.raises(SecretError, match=r"\(SSLError\)\. Look at VAULT_ADDR and at \[network\]"):
                through(network, vault)


@pytest.mark.parametrize("place", ["file", "directory"])
def test_the_authorities_of_the_system_stay_trusted(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "system").mkdir()
    of_the_system, own = self_signed(tmp_path / "system" / "12345678.0"), self_signed(tmp_path / "own")
    monkeypatch.setenv("SSL_CERT_FILE", str(of_the_system if place == "file" else tmp_path / "none"))
    monkeypatch.setenv("SSL_CERT_DIR", str(of_the_system.parent))
    for certificate in (of_the_system, own):
        with running(tls=certificate) as vault:
            assert through(Network(ca_file=own), vault) == "hunter2"


def test_a_ca_file_that_cannot_be_used_is_named(vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(SettingsError, match=r"network\.ca_file.*ca\.pem, which cannot be used"):
        through(Network(ca_file=tmp_path / "ca.pem"), vault)
    with pytest.raises(SettingsError, match="No such file or directory"):
        through(Network(ca_file=tmp_path / "none.pem"), vault)


def test_without_the_package_the_sentence_says_what_to_install(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hvac", None)
    assert refusal(vault).endswith('run: pip install "dbs[vault]"')
