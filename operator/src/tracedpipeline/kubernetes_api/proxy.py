"""What the API server passes on to a Service, so that nothing has to be forwarded."""

import aiohttp
from kubernetes.aio import client

from tracedpipeline.kubernetes_api.client import Key


async def session(api: client.ApiClient) -> aiohttp.ClientSession:
    """Return a session for what the API server passes on, such as Jaeger's answers."""
    headers: dict[str, str] = {}
    await api.update_params_for_auth(headers, [], ["BearerToken"], "", "GET", None)
    connector = aiohttp.TCPConnector(ssl=api.rest_client.ssl_context, force_close=True)
    return aiohttp.ClientSession(
        connector=connector, headers=headers, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
    )


def address(host: str, key: Key, service: str, port: int) -> str:
    """Return where a pipeline's Service is reached."""
    return f"{host}/api/v1/namespaces/{key.namespace}/services/{service}:{port}/proxy"
