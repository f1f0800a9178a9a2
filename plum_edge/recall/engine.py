"""llama.cpp as it is: a base, at most one adapter, tokens, logits. The one home of the binding.

Uses llama.cpp's own calls, as the binding's class knows no swap at run time and gives up mmap for an adapter. What is
in the KV cache belongs to one adapter: every swap empties it. Knows nothing of chats or of questions. Not for use from
two threads at once.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from plum_edge.errors import ForeignAdapter, IntegrityError, NoModel
from plum_edge.gguf_header import Header, NotGguf, read
from plum_edge.recall.adapter_check import check_adapter
from plum_edge.recall.grammar import Grammar

_BATCH = 512
_MAX_THREADS = 4
_SMALL = 50_000_000
"""Parameters below which one thread is best: the barriers cost more than they bring. Measured with 2.6 M parameters
on a busy machine of two cores: 1,850 questions a second with one thread, 20 to 250 with two."""
_SPM = 1
"""llama_vocab_type of SentencePiece."""


class Engine:
    """A base model in llama.cpp; parameters and errors as `recall.Recall`."""

    def __init__(self, path: Path, *, context: int = 0, threads: int = 0, exact: bool = False) -> None:
        self.header = _read(path)
        self.cached: list[int] = []
        """The ids whose keys and values are in the cache."""
        self._llama = llama = _library()
        self._adapter: Any = None
        self._context: Any = None
        model = llama.llama_model_default_params()
        if exact:
            model.n_gpu_layers = 0
        _complaints.clear()
        self._model: Any = llama.llama_model_load_from_file(str(path).encode(), model)
        if not self._model:
            raise NoModel(str(path), f"llama.cpp refuses it ({_reason()})")
        self._vocab = llama.llama_model_get_vocab(self._model)
        self._size = int(llama.llama_vocab_n_tokens(self._vocab))
        self._strip = int(llama.llama_vocab_type(self._vocab) == _SPM)
        self._context = llama.llama_init_from_model(self._model, self._parameters(context, threads, exact))
        if not self._context:
            self.close()
            raise NoModel(str(path), f"llama.cpp cannot make room for it ({_reason()})")
        self._memory = llama.llama_get_memory(self._context)
        self.context = int(llama.llama_n_ctx(self._context))
        self._batch = int(llama.llama_n_batch(self._context))  # what was asked for, or less: more is a crash

    def _parameters(self, context: int, threads: int, exact: bool) -> Any:
        trained = int(self._llama.llama_model_n_ctx_train(self._model))
        params = self._llama.llama_context_default_params()
        params.n_ctx = min(context or trained, trained)
        params.n_batch = params.n_ubatch = _BATCH
        params.n_outputs_max_per_seq = 0  # as many as the batch: `every` reads them all
        params.n_threads = params.n_threads_batch = threads or _threads(self._llama.llama_model_n_params(self._model))
        if exact:
            params.type_k = params.type_v = 0  # GGML_TYPE_F32
            params.flash_attn_type = 0
        return params

    # -- the adapter ---------------------------------------------------------------------------------------------------

    def adapt(self, path: Path | None, scale: float = 1.0) -> None:
        """Swap the adapter; None takes it off. The one in use stays if this fails.

        Raises:
            ForeignAdapter: no such file, no adapter, or one for another base.
        """
        fresh = None
        if path is not None:
            check_adapter(path, self.header)
            _complaints.clear()
            fresh = self._llama.llama_adapter_lora_init(self._model, str(path).encode())
            if not fresh:
                raise ForeignAdapter(path, f"llama.cpp refuses it ({_reason()})")
        # Set the new one before the old is freed: an adapter that is freed while it is set is a crash.
        self.clear()
        self._set(fresh, scale)
        if self._adapter is not None:
            self._llama.llama_adapter_lora_free(self._adapter)
        self._adapter = fresh

    def _set(self, adapter: Any, scale: float) -> None:
        if adapter is None:
            self._llama.llama_set_adapters_lora(self._context, None, 0, None)
            return
        handles = (self._llama.llama_adapter_lora_p_ctypes * 1)(adapter)
        if self._llama.llama_set_adapters_lora(self._context, handles, 1, (ctypes.c_float * 1)(scale)):
            raise IntegrityError("llama.cpp could not set the adapter.", _reason())

    # -- tokens --------------------------------------------------------------------------------------------------------

    @property
    def bos(self) -> int:
        """The id of the token that begins every text; -1 where the vocabulary has none."""
        return int(self._llama.llama_vocab_bos(self._vocab))

    @property
    def eos(self) -> int:
        """The id of the token that ends a text; -1 where the vocabulary has none."""
        return int(self._llama.llama_vocab_eos(self._vocab))

    @property
    def adds_bos(self) -> bool:
        """Whether a text that is no chat begins with ``bos``, by what the file says."""
        return self.bos >= 0 and bool(self._llama.llama_vocab_get_add_bos(self._vocab))

    def encode(self, text: str) -> list[int]:
        """Return the ids of plain text, bos not added; the name of a control token in it is text."""
        raw = text.encode("utf-8", "replace")
        room = len(raw) + 2
        ids = (self._llama.llama_token * room)()
        count = self._llama.llama_tokenize(self._vocab, raw, len(raw), ids, room, False, False)
        return list(ids[:count])

    def piece(self, token: int, *, first: bool) -> bytes:
        """Return a token's bytes, none for control tokens.

        ``first``: SentencePiece writes a space before the first word that no one typed; it is left out.
        """
        strip = self._strip if first else 0
        buffer = ctypes.create_string_buffer(64)
        size = self._llama.llama_token_to_piece(self._vocab, token, buffer, len(buffer), strip, False)
        if size < 0:
            buffer = ctypes.create_string_buffer(-size)
            size = self._llama.llama_token_to_piece(self._vocab, token, buffer, len(buffer), strip, False)
        return buffer.raw[:size]

    def ends(self, token: int) -> bool:
        """Whether a token ends the answer; a control token that begins another turn does, too."""
        return self.stops(token) or bool(self._llama.llama_vocab_is_control(self._vocab, token))

    def stops(self, token: int) -> bool:
        """Whether a token is one of those that the model itself ends an answer with."""
        return bool(self._llama.llama_vocab_is_eog(self._vocab, token))

    def grammar(self, schema: Mapping[str, object], banned: Collection[int] = ()) -> Grammar:
        """Return what keeps an output to a JSON schema (grammar.py)."""
        return Grammar(self._llama, self._vocab, schema, banned)

    # -- logits --------------------------------------------------------------------------------------------------------

    def last(self, ids: Sequence[int]) -> np.ndarray:
        """Return the logits after ``ids``, (vocabulary,) f32: a view that holds until the next call.

        Evaluates only what follows the longest prefix that is in the cache.

        Raises:
            ValueError: no ids.
            IntegrityError: llama.cpp cannot evaluate them.
        """
        if not ids:
            raise ValueError("an empty prompt")
        for start in range(self._keep(ids, len(ids) - 1), len(ids), self._batch):
            chunk = ids[start : start + self._batch]
            tokens = (self._llama.llama_token * len(chunk))(*chunk)
            self._evaluate(self._llama.llama_batch_get_one(tokens, len(chunk)))
        self.cached = list(ids)
        return np.asarray(self._rows(self._llama.llama_get_logits_ith(self._context, -1), 1)[0])

    def every(self, ids: Sequence[int]) -> np.ndarray:
        """Return the logits after each of ``ids``, (n, vocabulary) f32, computed from an empty cache.

        Raises:
            ValueError: more ids than the context holds, or none.
            IntegrityError: llama.cpp cannot evaluate them.
        """
        self.clear()
        rows = self.tail(ids, len(ids))
        self.clear()
        return rows

    def tail(self, ids: Sequence[int], count: int) -> np.ndarray:
        """Return the logits after each of the last ``count`` of ``ids``, (count, vocabulary) f32: a copy.

        Evaluates only what follows the longest prefix that is in the cache, and those ``count``.

        Raises:
            ValueError: more ids than the context holds, none, or a count that is not among them.
            IntegrityError: llama.cpp cannot evaluate them.
        """
        if not 0 < len(ids) <= self.context:
            raise ValueError(f"{len(ids)} tokens do not fit a context of {self.context}")
        if not 0 < count <= len(ids):
            raise ValueError(f"{count} of {len(ids)} tokens")
        wanted = len(ids) - count
        rows = []
        batch = self._llama.llama_batch_init(self._batch, 0, 1)
        try:
            for start in range(self._keep(ids, wanted), len(ids), self._batch):
                chunk = ids[start : start + self._batch]
                batch.n_tokens = len(chunk)
                for n, token in enumerate(chunk):
                    batch.token[n], batch.pos[n], batch.logits[n] = token, start + n, int(start + n >= wanted)
                    batch.n_seq_id[n], batch.seq_id[n][0] = 1, 0
                self._evaluate(batch)
                if outputs := max(0, min(len(chunk), start + len(chunk) - wanted)):
                    rows.append(self._rows(self._llama.llama_get_logits(self._context), outputs).copy())
        finally:
            self._llama.llama_batch_free(batch)
        self.cached = list(ids)
        return np.concatenate(rows)

    def _keep(self, ids: Sequence[int], most: int) -> int:
        """Cut the cache back to what it has in common with ``ids``, at most so many, and return how many those are.

        While the cache and its description may differ, the description says: empty. Who evaluates the rest sets it.
        """
        known = min(_common(self.cached, ids), most)
        cached, self.cached = self.cached, []
        if known < len(cached) and not self._llama.llama_memory_seq_rm(self._memory, 0, known, -1):
            self.clear()
            return 0
        return known

    def clear(self) -> None:
        """Empty the cache."""
        self.cached = []
        self._llama.llama_memory_clear(self._memory, True)

    def _evaluate(self, batch: Any) -> None:
        _complaints.clear()
        if self._llama.llama_decode(self._context, batch):
            self.clear()
            raise IntegrityError("llama.cpp could not evaluate the prompt.", _reason())

    def _rows(self, pointer: Any, rows: int) -> np.ndarray:
        view: np.ndarray = np.ctypeslib.as_array(pointer, shape=(rows, self._size))
        return view

    # -- life ----------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Free everything; a second call does nothing, any other call then raises ValueError."""
        if self._context and self._adapter:
            self._set(None, 0.0)
            self._llama.llama_adapter_lora_free(self._adapter)
        if self._context:
            self._llama.llama_free(self._context)
        if self._model:
            self._llama.llama_model_free(self._model)
        self._adapter = self._context = self._model = None
        self._llama = _Closed()


class _Closed:
    """Stands in for llama.cpp once its memory is freed: an exception instead of a crash."""

    def __getattr__(self, name: str) -> Any:
        raise ValueError("this Recall is closed")


_complaints: list[str] = []
"""What llama.cpp logged as errors of the call in hand; the first line is the reason in our own sentence."""
_ERROR_LEVEL = 4


@functools.cache
def _library() -> Any:
    """Return the binding, ready for use and silent: what llama.cpp logs would tear progress bars and `--json`."""
    import llama_cpp

    def note(level: int, text: bytes, _data: Any) -> None:
        if level == _ERROR_LEVEL:
            _complaints.append(text.decode("utf-8", "replace").strip())

    keep = llama_cpp.llama_log_callback(note)
    llama_cpp.llama_log_set(keep, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    llama_cpp.plum_edge_log = keep  # lives as long as the library that calls it
    return llama_cpp


def _reason() -> str:
    return _complaints[0] if _complaints else "without a reason"


def _read(path: Path) -> Header:
    try:
        header = read(path)
    except NotGguf as error:
        raise NoModel(str(path), str(error)) from error
    if header.metadata.get("general.type", "model") != "model":
        raise NoModel(str(path), "it is a GGUF file, but no model")
    return header


def _threads(parameters: int) -> int:
    import psutil

    if parameters < _SMALL:
        return 1
    return min(_MAX_THREADS, psutil.cpu_count(logical=False) or 1)


def _common(left: Sequence[int], right: Sequence[int]) -> int:
    """Return the length of the common prefix."""
    shorter = min(len(left), len(right))
    if left[:shorter] == right[:shorter]:
        return shorter
    return next(n for n in range(shorter) if left[n] != right[n])
