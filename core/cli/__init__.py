"""The command line: ``kontor VERB …``, or ``python3 run.py VERB …`` in a checkout.

Each verb is a function with a parser of its own (``parser.py``); what is wrong with its use ends with code 2 and one
sentence, what went wrong while it ran with code 1 and one sentence. KONTOR_DEBUG=1 shows the traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from core.cli.parser import Usage, parser
from core.errors import KontorError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    head, rest = given, None
    if given and (given[0] == "bench" or (given[0] == "test" and given[1:] not in (["--help"], ["-h"]))):
        head, rest = given[:1], given[1:]  # the words of another program: argparse would claim its options
    try:
        options = parser().parse_args(head)
        if rest is not None:
            options.arguments = rest
    except Usage as error:
        print(f"kontor: {error}", file=sys.stderr)
        return 2
    try:
        code = options.run(options)
        return int(code or 0)
    except Usage as error:
        print(f"kontor {options.verb}: {error}", file=sys.stderr)
        return 2
    except KontorError as error:
        if os.environ.get("KONTOR_DEBUG"):
            raise
        print(f"kontor {options.verb}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0
