"""The model that lm-evaluation-harness knows as ``plum-edge``: a base and an adapter in llama.cpp, as deployed.

The one home of `lm_eval`. Knows nothing of tasks and figures: the harness does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from lm_eval.api.model import LM
from tqdm import tqdm

from plum_edge import bases
from plum_edge.bases import catalogue
from plum_edge.config import Template
from plum_edge.errors import UsageError
from plum_edge.evaluate.harness.texts import Texts
from plum_edge.paths import Home
from plum_edge.records import Message, Role
from plum_edge.runtime import Runtime
from plum_edge.store import Store

IN_USE = "active"
"""The adapter that the memory has in use. The harness turns ``none`` into None: that is the bare base."""
_MAX_TOKENS = 256


class PlumEdge(LM):  # type: ignore[misc]  # lm_eval has no types
    """``--model_args home=DIR,adapter=ID|none|FILE.gguf,base=FILE.gguf,dtype=q8_0,context=N,threads=N``, all optional.

    ``home``: the memory, by default the user's. ``adapter``: by default the one in use; ``none`` for the bare base.
    ``base``: another GGUF than the memory's own; ``dtype``: the type of the memory's own (f32, f16, q8_0, q4_0).

    Raises:
        PlumError: as the memory, the base or the adapter has it.
    """

    def __init__(
        self,
        home: str | None = None,
        adapter: str | int | None = IN_USE,
        base: str | None = None,
        dtype: str | None = None,
        context: int = 0,
        threads: int = 0,
        **given: Any,
    ) -> None:
        super().__init__()
        unknown = sorted(given.keys() - {"batch_size", "max_batch_size", "device"})  # the harness hands these to all
        if unknown:
            raise UsageError(
                f"plum-edge knows no model argument {', '.join(unknown)}.",
                "It knows: home, adapter, base, dtype, context, threads.",
            )
        path, file, template = _files(home, base, None if adapter in (None, "none") else str(adapter), dtype)
        self._runtime = Runtime(path, context=int(context), threads=int(threads), template=template)
        self._runtime.use(file, str(file) if file else None)
        self._texts = Texts(self._runtime)
        self._name = f"{path.name}+{file.parent.name if file else 'none'}"

    def loglikelihood(self, requests: list[Any], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        """Return log p and whether it is greedy, of each (context, continuation)."""
        return self._each("loglikelihood", requests, disable_tqdm, self._texts.loglikelihood)

    def loglikelihood_rolling(self, requests: list[Any], disable_tqdm: bool = False) -> list[float]:
        """Return log p of each (text,)."""
        return self._each("loglikelihood_rolling", requests, disable_tqdm, self._texts.rolling)

    def generate_until(self, requests: list[Any], disable_tqdm: bool = False) -> list[str]:
        """Return what follows each (context, settings)."""
        return self._each("generate_until", requests, disable_tqdm, self._generate)

    def _generate(self, context: str, settings: dict[str, Any]) -> str:
        until = settings.get("until") or []
        longest = ("max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens")
        limit = next((settings[name] for name in longest if settings.get(name)), _MAX_TOKENS)
        return self._texts.complete(
            context,
            until=[until] if isinstance(until, str) else until,
            max_tokens=int(limit),
            temperature=float(settings.get("temperature") or 0.0) if settings.get("do_sample") else 0.0,
        )

    def _each(self, kind: str, requests: list[Any], silent: bool, answer: Callable[..., Any]) -> list[Any]:
        answers = []
        for request in tqdm(requests, desc=kind, disable=silent):
            answers.append(answer(*request.args))
            self.cache_hook.add_partial(kind, request.args, answers[-1])
        return answers

    # -- chat templates (--apply_chat_template) ------------------------------------------------------------------------

    @property
    def tokenizer_name(self) -> str:
        """Names vocabulary and template in the harness's caches."""
        return self._name.replace("/", "_")

    def chat_template(self, chat_template: bool | str = False) -> str | None:
        """Return what is recorded of the template: it is the base's own."""
        return "the base's own" if chat_template else None

    def apply_chat_template(self, chat_history: Sequence[dict[str, str]], add_generation_prompt: bool = True) -> str:
        """Return the chat as one string, in the base's own format."""
        messages = [Message(cast(Role, turn["role"]), turn["content"]) for turn in chat_history]
        return self._texts.chat(messages, generation=add_generation_prompt)


def _files(
    home: str | None, base: str | None, adapter: str | None, dtype: str | None
) -> tuple[Path, Path | None, Template]:
    """Return the files of base and adapter, and how the base's chat template is used: the home's settings.

    The memory is opened only for what is not named, and never made.
    """
    named = adapter is None or adapter.endswith(".gguf")
    file = Path(adapter) if adapter is not None and named else None
    if base and named:
        return Path(base), file, Template()
    folder = Home.find(home)
    config = catalogue.settings(folder)
    with Store.open(folder, create=False) as store:
        wanted = dtype or config.generate.dtype
        path = Path(base) if base else bases.gguf(bases.base(config.model.base, folder), folder.create(), wanted)
        return path, file if adapter is None or named else _learned(store, adapter), config.template


def _learned(store: Store, adapter: str) -> Path | None:
    """Return an adapter of the memory: the one in use, or by its id, of which the harness drops the leading zeros."""
    if adapter == IN_USE:
        active = store.runs.active()
        return Path(active.gguf) if active else None
    return Path(store.runs.adapter(adapter.zfill(4) if adapter.isdecimal() else adapter).gguf)
