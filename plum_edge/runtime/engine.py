"""llama.cpp as it is: a base, at most one adapter, tokens, logits. The one home of the binding's model and context.

Uses llama.cpp's own calls, as the binding's class knows no swap at run time and gives up mmap for an adapter. What is
in the KV cache belongs to one adapter; what the one before had read is kept beside it (aside.py). The cache has room
for what was read so far and grows with it: a model that could read 40,000 tokens costs no gigabytes for a question of
40. Knows nothing of chats or of questions. Not for use from two threads at once.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from plum_edge.convert.gguf_header import Header, NotGguf, read
from plum_edge.errors import IntegrityError, NoModel
from plum_edge.runtime.aside import Aside
from plum_edge.runtime.grammar import Grammar
from plum_edge.runtime.held import Held
from plum_edge.runtime.library import Closed, library, listen, reason
from plum_edge.runtime.sampling import Sampler, Sampling
from plum_edge.runtime.tree import common, groups, tree
from plum_edge.runtime.vocabulary import Vocabulary

Read = TypeVar("Read")

_BATCH = 512
_ROWS = 64
"""Rows of logits in memory at once: with a vocabulary of 150,000 tokens these take 38 MB."""
_BRANCHES = 32
"""Prompts that are read side by side; llama.cpp keeps a row of logits for each."""
_TOGETHER = 512
"""New tokens in a group of prompts that are read side by side."""
_SLICE = 63
"""Of them so many at once: from 64 on llama.cpp's flash attention sums up in another way on a processor, which moves
p(yes) of a model in 4 bits by up to 0.07; below, a question gets the same bits as by itself. Larger slices are no
faster with 4-bit weights (131 tokens/s at 36, 141 at 512)."""
_CELLS = 512
"""Tokens that the KV cache first has room for."""
_MAX_THREADS = 4
_SMALL = 50_000_000
"""Parameters below which one thread is best: the barriers cost more than they bring. Measured with 2.6 M parameters
on a busy machine of two cores: 1,850 questions a second with one thread, 20 to 250 with two."""


class Engine:
    """A base model in llama.cpp; parameters and errors as `runtime.Runtime`."""

    def __init__(self, path: Path, *, context: int = 0, threads: int = 0, exact: bool = False) -> None:
        self.header = _read(path)
        self.cached: list[int] = []
        """The ids whose keys and values are in the cache."""
        self.evaluated = 0
        """Tokens computed so far; what was found in the cache is not among them."""
        self._path = path
        self._llama = llama = library()
        self._adapter: Any = None
        self._scale = 1.0
        self._aside = Aside(llama, place=1 + _BRANCHES, spare=1)
        self._context: Any = None
        self._memory: Any = None
        model = llama.llama_model_default_params()
        if exact:
            model.n_gpu_layers = 0
        listen()
        self._model: Any = llama.llama_model_load_from_file(str(path).encode(), model)
        if not self._model:
            raise NoModel(str(path), f"llama.cpp refuses it ({reason()})")
        self._held = Held(llama, self._model, self.header)
        self.vocabulary = Vocabulary(llama, self._model)
        trained = int(llama.llama_model_n_ctx_train(self._model))
        self.context = min(context or trained, trained)
        self._parameters = self._chosen(threads, exact)
        self._cells = 0
        self._make_room(min(self.context, _CELLS))

    def _chosen(self, threads: int, exact: bool) -> Any:
        params = self._llama.llama_context_default_params()
        params.n_batch = params.n_ubatch = _BATCH
        params.n_seq_max = 2 + _BRANCHES
        params.kv_unified = True  # all prompts share the cells, and a common beginning takes them once
        params.n_outputs_max, params.n_outputs_max_per_seq = _ROWS, 0  # 0: as many; more is a crash
        params.n_threads = params.n_threads_batch = threads or _threads(self._llama.llama_model_n_params(self._model))
        if exact:
            params.type_k = params.type_v = 0  # GGML_TYPE_F32
            params.flash_attn_type = 0
        return params

    def _make_room(self, tokens: int) -> None:
        """See to it that the cache holds so many tokens; what is in it is kept, and what is aside where both fit."""
        if self._aside.ids and tokens + len(self._aside.ids) > self.context:
            self._aside.drop(self._memory)
        tokens += len(self._aside.ids)
        if tokens <= self._cells:
            return
        llama, old = self._llama, self._context
        self._parameters.n_ctx = max(tokens, min(self.context, 1 << (tokens - 1).bit_length()))
        listen()
        fresh = llama.llama_init_from_model(self._model, self._parameters)
        if not fresh:
            why = reason()
            self.close()
            raise NoModel(str(self._path), f"llama.cpp cannot make room for it ({why})")
        if self.cached and not self._carried(old, fresh, 0):
            self.cached = []
        if self._aside.ids and not self._carried(old, fresh, self._aside.place):
            self._aside.forgotten()
        if old:
            llama.llama_free(old)
        self._context, self._memory = fresh, llama.llama_get_memory(fresh)
        self._cells = int(llama.llama_n_ctx(fresh))
        self._batch = int(llama.llama_n_batch(fresh))  # what was asked for, or less: more is a crash
        if self._adapter is not None:
            self._set(self._adapter, self._scale)

    def _carried(self, old: Any, fresh: Any, sequence: int) -> bool:
        """Copy a sequence of a context into another one; return whether that worked."""
        size = self._llama.llama_state_seq_get_size(old, sequence)
        state = (ctypes.c_uint8 * size)()
        self._llama.llama_state_seq_get_data(old, state, size, sequence)
        return bool(self._llama.llama_state_seq_set_data(fresh, state, size, sequence))

    # -- the adapter ---------------------------------------------------------------------------------------------------

    def adapt(self, path: Path | None, scale: float = 1.0) -> None:
        """Swap the adapter; None takes it off. The one in use stays if this fails.

        What was read stays for whoever comes back before a third one is on; where it is on already, nothing changes.

        Raises:
            ForeignAdapter: no such file, no adapter, or one for another base.
        """
        self._llama.llama_model_n_params(self._model)  # a closed one says so
        fresh = None if path is None else self._held.get(path)
        if fresh is self._adapter and (fresh is None or scale == self._scale):
            return
        leaving, cached = (self._adapter, self._scale), self.cached
        self.cached = []
        self._set(fresh, scale)
        self._adapter, self._scale = fresh, scale
        self.cached = self._aside.exchange(self._memory, leaving, cached, (fresh, scale))
        self._held.trim()  # only now: an adapter that is freed while it is set is a crash

    def _set(self, adapter: Any, scale: float) -> None:
        if adapter is None:
            self._llama.llama_set_adapters_lora(self._context, None, 0, None)
            return
        handles = (self._llama.llama_adapter_lora_p_ctypes * 1)(adapter)
        if self._llama.llama_set_adapters_lora(self._context, handles, 1, (ctypes.c_float * 1)(scale)):
            raise IntegrityError("llama.cpp could not set the adapter.", reason())

    # -- choosing ------------------------------------------------------------------------------------------------------

    def grammar(self, schema: Mapping[str, object], banned: Collection[int] = ()) -> Grammar:
        """Return what keeps an output to a JSON schema (grammar.py)."""
        return Grammar(self._llama, self.vocabulary.handle, schema, banned)

    def sampler(self, sampling: Sampling) -> Sampler:
        """Return what chooses the tokens of one answer (sampling.py)."""
        return Sampler(self._llama, self.vocabulary.size, sampling)

    # -- logits --------------------------------------------------------------------------------------------------------

    def last(self, ids: Sequence[int]) -> np.ndarray:
        """Return the logits after ``ids``, (vocabulary,) f32: a view that holds until the next call.

        Evaluates only what follows the longest prefix that is in the cache.

        Raises:
            ValueError: no ids, or more than the context holds.
            IntegrityError: llama.cpp cannot evaluate them.
        """
        self._check(ids)
        for start in range(self._keep(ids, len(ids) - 1), len(ids), self._batch):
            chunk = ids[start : start + self._batch]
            tokens = (self._llama.llama_token * len(chunk))(*chunk)
            self._evaluate(self._llama.llama_batch_get_one(tokens, len(chunk)))
        self.cached = list(ids)
        return np.asarray(self._rows(self._llama.llama_get_logits_ith(self._context, -1), 1)[0])

    def each(self, prompts: Sequence[Sequence[int]], read: Callable[[np.ndarray], Read]) -> list[Read]:
        """Return what ``read`` makes of the logits after each of the prompts, (vocabulary,) f32.

        They are read side by side, what they begin with in common once. What `last` has in the cache is made use of
        and stays as it is.

        Raises:
            ValueError, IntegrityError: as `last`.
        """
        for ids in prompts:
            self._check(ids)
        found: dict[int, Read] = {}
        for group in groups(prompts, _BRANCHES, _TOGETHER):
            self._side_by_side(group, prompts, lambda n, row: found.__setitem__(n, read(row)))
        return [found[n] for n in range(len(prompts))]

    def write(self, prompts: Sequence[Sequence[int]], most: int, choose: Callable[[int, np.ndarray], int]) -> None:
        """Go on with prompts side by side, at most ``most`` tokens each.

        ``choose`` gives the next token of a prompt, by its position in ``prompts``, of the logits as in `each`. One
        that ends the answer is its last. What `last` has in the cache stays as it is.

        Raises:
            ValueError, IntegrityError: as `last`; a prompt and its answer must fit the context.
        """
        for ids in prompts:
            self._check(ids, most)
        abreast = min(_BRANCHES, self.context // (max(map(len, prompts), default=0) + most))
        left = dict.fromkeys(range(len(prompts)), most)

        def told(n: int, row: np.ndarray) -> int | None:
            token = choose(n, row)
            left[n] -= 1
            return token if left[n] and not self.vocabulary.ends(token) else None

        for group in groups(prompts, abreast, _TOGETHER):
            self._side_by_side(group, prompts, told, most)

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
        self._check(ids)
        if not 0 < count <= len(ids):
            raise ValueError(f"{count} of {len(ids)} tokens")
        wanted = len(ids) - count
        rows = []
        start = self._keep(ids, wanted)
        while start < len(ids):
            end = min(start + self._batch, wanted) if start < wanted else min(start + min(_ROWS, self._batch), len(ids))
            self._decode(
                [(ids[at], at, [0]) for at in range(start, end)], range(end - start) if start >= wanted else ()
            )
            if start >= wanted:
                rows.append(self._rows(self._llama.llama_get_logits(self._context), end - start).copy())
            start = end
        self.cached = list(ids)
        return np.concatenate(rows)

    def _side_by_side(
        self,
        group: Sequence[int],
        prompts: Sequence[Sequence[int]],
        told: Callable[[int, np.ndarray], int | None],
        most: int = 0,
    ) -> None:
        """Evaluate sorted prompts, each a branch of its own beside what is cached, and tell the logits after each.

        What is told may answer with a token, at most ``most`` of a prompt: that is evaluated next in its branch.
        """
        chosen = [prompts[n] for n in group]
        self._make_room(len(self.cached) + len(tree(chosen, 0)[0]) + most * len(chosen))
        known = min(*(common(self.cached, ids) for ids in chosen), *(len(ids) - 1 for ids in chosen))
        nodes, ends = tree(chosen, known)
        branches = dict(zip(group, range(1, len(chosen) + 1), strict=True))
        for branch in branches.values():
            self._llama.llama_memory_seq_cp(self._memory, 0, branch, 0, known)
        next_tokens: dict[int, int | None] = {}
        for start in range(0, len(nodes), _SLICE):
            chunk = nodes[start : start + _SLICE]
            read = [(n, end - start) for n, end in zip(group, ends, strict=True) if 0 <= end - start < len(chunk)]
            tokens = [(node.token, node.place, [branches[group[n]] for n in node.prompts]) for node in chunk]
            next_tokens |= self._told(tokens, read, told)
        places = {n: len(prompts[n]) for n in group}
        while going := [(n, token) for n, token in next_tokens.items() if token is not None]:
            tokens = [(token, places[n], [branches[n]]) for n, token in going]
            next_tokens = self._told(tokens, [(n, at) for at, (n, _) in enumerate(going)], told)
            places = {n: place + 1 for n, place in places.items()}
        for branch in branches.values():
            self._llama.llama_memory_seq_rm(self._memory, branch, -1, -1)

    def _told(
        self,
        tokens: Sequence[tuple[int, int, Sequence[int]]],
        read: Sequence[tuple[int, int]],
        told: Callable[[int, np.ndarray], int | None],
    ) -> dict[int, int | None]:
        """Evaluate a batch, and tell the logits of (prompt, position in the batch); return the answers by prompt."""
        self._decode(tokens, {at for _, at in read})
        rows = {n: self._rows(self._llama.llama_get_logits_ith(self._context, at), 1)[0] for n, at in read}
        return {n: told(n, np.asarray(row)) for n, row in rows.items()}

    def _decode(self, tokens: Sequence[tuple[int, int, Sequence[int]]], read: Collection[int]) -> None:
        """Evaluate a batch of (token, place, sequences); logits are kept of those at the positions ``read``."""
        batch = self._llama.llama_batch_init(len(tokens), 0, 1 + _BRANCHES)
        try:
            batch.n_tokens = len(tokens)
            for n, (token, place, sequences) in enumerate(tokens):
                batch.token[n], batch.pos[n], batch.logits[n] = token, place, int(n in read)
                batch.n_seq_id[n] = len(sequences)
                for m, sequence in enumerate(sequences):
                    batch.seq_id[n][m] = sequence
            self._evaluate(batch)
        finally:
            self._llama.llama_batch_free(batch)

    def _check(self, ids: Sequence[int], more: int = 0) -> None:
        if not 0 < len(ids) <= self.context - more:
            raise ValueError(f"{len(ids)} tokens do not fit a context of {self.context}" if ids else "an empty prompt")

    def _keep(self, ids: Sequence[int], most: int) -> int:
        """Cut the cache back to what it has in common with ``ids``, at most so many, and return how many those are.

        While the cache and its description may differ, the description says: empty. Who evaluates the rest sets it.
        """
        self._make_room(len(ids))
        known = min(common(self.cached, ids), most)
        cached, self.cached = self.cached, []
        if known < len(cached) and not self._llama.llama_memory_seq_rm(self._memory, 0, known, -1):
            self.clear()
            return 0
        return known

    def clear(self) -> None:
        """Empty the cache."""
        self.cached = []
        self._aside.forgotten()
        self._llama.llama_memory_clear(self._memory, True)

    def _evaluate(self, batch: Any) -> None:
        listen()
        self.evaluated += batch.n_tokens
        if self._llama.llama_decode(self._context, batch):
            self.clear()
            raise IntegrityError("llama.cpp could not evaluate the prompt.", reason())

    def _rows(self, pointer: Any, rows: int) -> np.ndarray:
        view: np.ndarray = np.ctypeslib.as_array(pointer, shape=(rows, self.vocabulary.size))
        return view

    # -- life ----------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Free everything; a second call does nothing, any other call then raises ValueError."""
        if self._context and self._adapter:
            self._set(None, 0.0)
        if self._model:
            self._held.free()
        if self._context:
            self._llama.llama_free(self._context)
        if self._model:
            self._llama.llama_model_free(self._model)
        self._adapter = self._context = self._model = None
        self._llama = Closed()
        self.vocabulary.close()


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
