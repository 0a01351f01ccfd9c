"""The fake API server of the tests, as a process: `python -m benchmarks.operator.fake_server PORT`."""

import sys

from aiohttp import web

from tests.unit.operator.apiserver import ApiServer


def main() -> None:
    """Serve until it is ended."""
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", ApiServer().handle)
    web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)


if __name__ == "__main__":
    main()
