"""Activations computed twice on MLX: a layer forgets what it computed and does it again for the gradient.

mlx-lm's own way changes the class of a layer, and so every other model of the process. And MLX is free to leave the
gradients of the adapters for the end, with the activations of all layers waiting for them: of 426 MB that a small model
of eight layers took, mlx-lm's way left 354 and this one 149; of plum-tiny's 42, 34 and 23, with the same bytes
(docs/experiments/2026-11-29-heap-and-mlx-pieces.md).
"""

from __future__ import annotations

from typing import Any


def compute_twice(model: Any) -> None:
    """Let each layer of a model keep its input alone."""
    kind = type(model.layers[0])

    class Twice(kind):  # type: ignore[misc,valid-type]  # which class, a model says
        def __call__(self, x: Any, *args: Any, **kwargs: Any) -> Any:
            def layer(x: Any, parameters: Any) -> Any:
                self.update(parameters)
                return kind.__call__(self, x, *args, **kwargs)

            return _forgetful(layer)(x, self.trainable_parameters())

    for layer in model.layers:
        if type(layer) is kind:
            layer.__class__ = Twice


def _forgetful(layer: Any) -> Any:
    """Return a function of an input and a tree of parameters that is computed again when its gradient is wanted."""
    import mlx.core as mx
    from mlx.utils import tree_flatten, tree_unflatten

    once = mx.custom_function(layer)

    @once.vjp
    def backward(primals: Any, cotangent: Any, _output: Any) -> Any:
        x, parameters = primals
        names, values = zip(*tree_flatten(parameters), strict=True)

        def flat(x: Any, *values: Any) -> Any:
            return layer(x, tree_unflatten(list(zip(names, values, strict=True))))

        # Not before the gradient of the output is there; and no farther down before the gradients of this layer are.
        again = mx.depends([x, *values], [cotangent])
        _, (of_input, *of_parameters) = mx.vjp(flat, again, [cotangent])
        (of_input,) = mx.depends([of_input], of_parameters)
        return of_input, tree_unflatten(list(zip(names, of_parameters, strict=True)))

    return once
