"""``python -m plum_edge.evaluate.harness …``: lm-evaluation-harness's own command with ``--model plum-edge``."""

from __future__ import annotations

import importlib.util
import sys

from plum_edge.errors import PlumError, Unavailable


def main(arguments: list[str]) -> None:
    """Run the harness on its own arguments; its exit code, or that of our errors, ends the process."""
    try:
        if importlib.util.find_spec("lm_eval") is None:
            raise Unavailable(
                "The lm-evaluation-harness is not installed.", remedy="Install it: pip install 'plum-edge[lm-eval]'"
            )
        _run(arguments)
    except PlumError as error:
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(error.exit_code) from error


def _run(arguments: list[str]) -> None:
    from lm_eval.__main__ import cli_evaluate
    from lm_eval.api.registry import model_registry

    from plum_edge.evaluate.harness.model import PlumEdge

    model_registry.register("plum-edge", target=PlumEdge)
    sys.argv = ["plum_edge.evaluate.harness", "run", "--model", "plum-edge", *arguments]
    cli_evaluate()


if __name__ == "__main__":
    main(sys.argv[1:])
