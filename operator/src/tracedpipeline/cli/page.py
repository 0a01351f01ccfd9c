"""`tracedpipeline page`: the page of a pipeline in a cluster."""

import argparse
import asyncio

from tracedpipeline.cli.messages import CommandError, tell
from tracedpipeline.cli.ports import port_number


def page(arguments: argparse.Namespace) -> None:
    """Serve the page until Ctrl-C."""
    from tracedpipeline.kubernetes_api.client import Key
    from tracedpipeline.kubernetes_api.errors import ApiServerError
    from tracedpipeline.loopback import PortError
    from tracedpipeline.page import command

    key = Key(arguments.namespace, arguments.name)
    try:
        asyncio.run(command.serve(key, arguments.port, tell, browser=arguments.open))
    except KeyboardInterrupt:
        return
    except (command.MissingPipelineError, ApiServerError, PortError) as error:
        raise CommandError(str(error)) from None


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to a parser."""
    parser.add_argument("name", help="name of the pipeline")
    parser.add_argument("-n", "--namespace", default="default", help="its namespace")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.add_argument("--port", type=port_number, default=0, help="where the page is served; any that is free")
