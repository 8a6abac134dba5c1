"""`vault:PATH#key`: a key of a secret in HashiCorp Vault or OpenBao, in a KV engine of version 1 or 2.

The one module that knows hvac. VAULT_ADDR says where it is, VAULT_NAMESPACE in which namespace. The token is
VAULT_TOKEN, else the content of the file VAULT_TOKEN_FILE (such as the sink of an agent), else that of ~/.vault-token.

PATH is written as for `vault kv get`: secret/shop. With version 2, secret/data/shop is understood as well.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbs.settings.secrets.interface import Place, SecretError, chosen

if TYPE_CHECKING:
    from hvac import Client

_SECONDS = 10
_WHY = {
    "InvalidRequest": "It does not understand the request.",
    "Unauthorized": "The token is wrong or has expired.",
    "Forbidden": "The token is wrong or has expired, or its policy does not let it read that path.",
    "RateLimitExceeded": "It is asked too often, or it is a standby that does not answer.",
    "InternalServerError": "It has a problem of its own; its log says which.",
    "VaultNotInitialized": "It is not initialised.",
    "BadGateway": "What stands in front of it does not reach it.",
    "VaultDown": "It is sealed or down. Somebody has to unseal it.",
}
"""hvac's kinds of error → what they mean. Their texts are not used: they hold what Vault answered."""


def read(name: str, place: Place) -> str:
    """The secret. Raises `SecretError`."""
    path, _, key = name.partition("#")
    reference = f"vault:{name}"
    if not path.strip("/") or not key:
        raise SecretError(f'"{reference}" names no path and key; write it like "vault:secret/shop#password".')
    try:
        import hvac
        from hvac.exceptions import VaultError
        from requests.exceptions import RequestException
    except ImportError:
        raise SecretError(
            f'"{reference}" needs the package hvac. In the environment of dbs run: pip install "dbs[vault]"'
        ) from None
    address = place.environ.get("VAULT_ADDR")
    if not address:
        raise SecretError(f'The environment variable VAULT_ADDR is not set; "{reference}" is looked for there.')
    try:
        with place.network.bundle() as trusted:
            client = hvac.Client(
                url=address,
                token=_token(reference, place),
                namespace=place.environ.get("VAULT_NAMESPACE"),
                verify=trusted,
                proxies=_proxies(address, place),
                timeout=_SECONDS,
            )
            return chosen(_document(client, path.strip("/"), reference), key, reference)
    except VaultError as error:
        why = _WHY.get(type(error).__name__, "Its log says why.")
        raise SecretError(f'Vault does not give "{reference}". {why}') from None
    except RequestException as error:
        raise SecretError(
            f'Vault cannot be asked for "{reference}" at {_shown(address)} ({type(error).__name__}). '
            "Look at VAULT_ADDR and at [network]."
        ) from None


def _document(client: Client, path: str, reference: str) -> object:
    """What is kept at a path, by the version of the engine that is mounted there."""
    mount = _asked(client, f"sys/internal/ui/mounts/{path}", reference)
    engine = str(mount.get("path") or "")
    if (mount.get("options") or {}).get("version") != "2":
        return _there(_asked(client, path, reference), reference)
    inside = path.removeprefix(engine).removeprefix("data/")
    return _there(_asked(client, f"{engine}data/{inside}", reference).get("data"), reference)


def _asked(client: Client, path: str, reference: str) -> dict[str, Any]:
    """`data` of the answer; empty when there is nothing, which is also what a deleted version is."""
    answer = client.read(path)
    if answer is not None and not isinstance(answer, dict):
        raise SecretError(f'What answers at VAULT_ADDR when asked for "{reference}" is not Vault.')
    return (answer or {}).get("data") or {}


def _there(data: object, reference: str) -> object:
    if not data:
        raise SecretError(f'Vault has nothing at the path of "{reference}", or it was deleted.')
    return data


def _token(reference: str, place: Place) -> str:
    environ = place.environ
    if environ.get("VAULT_TOKEN"):
        return environ["VAULT_TOKEN"]
    named = environ.get("VAULT_TOKEN_FILE")
    file = Path(named) if named else Path(environ.get("HOME") or Path.home()) / ".vault-token"
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        raise SecretError(
            f'There is no token to ask Vault for "{reference}" with: set VAULT_TOKEN, or VAULT_TOKEN_FILE to the path '
            f"of a file with one ({file} cannot be read)."
        ) from None


def _proxies(address: str, place: Place) -> dict[str, str] | None:
    proxies = place.network.proxies(address)
    return {"http": "", "https": ""} if proxies == {} else proxies  # empty: requests takes none of the environment


def _shown(address: str) -> str:
    """Without the account that may stand in a URL."""
    scheme, _, rest = address.rpartition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
