"""All that depends on the backend: its choice, quiet start, devices, precision, input gradients.

Studies and rooms import Keras from here (`from etudes.training.backend import keras`). It is loaded when first used,
so that a backend can still be chosen, and so that `--help` and `list` take no seconds for it.
"""

from __future__ import annotations

import logging
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import IO, Any, Literal

import lazy_loader
import numpy as np

from etudes.contract import Array
from etudes.errors import UserError, unknown
from etudes.extras import ANY_BACKEND, BACKENDS, check_extra, install, is_installed
from etudes.training.accelerators import accelerator_for_jax


class BackendError(UserError):
    """No backend is installed, or not the one that is asked for."""


keras: Any = lazy_loader.load("keras")

_started_in: int | None = None
"""The process in which `start_backend` started the backend."""


def default_backend() -> str:
    """`KERAS_BACKEND` if set; JAX where it sees an accelerator; else the first installed of TensorFlow, JAX, torch.

    Empty where none is installed.
    """
    chosen = os.environ.get("KERAS_BACKEND")
    if chosen:
        return chosen
    if is_installed("jax") and accelerator_for_jax():
        return "jax"
    return next((name for name in BACKENDS if is_installed(name)), "")


def loaded_backend() -> str | None:
    """The backend that Keras already runs on in this process, or None."""
    module = sys.modules.get("keras")
    loaded = type(module) is ModuleType  # until its first use, a lazily imported module is of a class of its own
    return str(keras.config.backend()) if loaded else None


def usable_backend(name: str | None = None) -> str:
    """The backend that `start_backend` would choose; nothing is loaded or decided yet.

    Args:
        name: one of `BACKENDS`, or None for the one that this process runs on, else `default_backend()`.

    Raises:
        UserError: it is unknown, not installed with all that it needs, or this process already runs on another one.
    """
    if name is not None and not isinstance(name, str):  # from Python, it may be anything
        raise unknown("backend", str(name), BACKENDS)
    name = name or loaded_backend() or default_backend()
    if not name:
        raise BackendError(f"no backend is installed: {ANY_BACKEND}")
    if name not in BACKENDS:
        raise unknown("backend", name, BACKENDS)
    if not is_installed(name):
        raise BackendError(f"backend {name} is not installed: {install(name)}")
    check_extra(name, f"backend {name}")
    running = loaded_backend()
    if running not in (None, name):
        raise UserError(f"this process already runs on {running}: start a new one for {name}")
    return name


def choose_backend(name: str | None = None) -> str:
    """Decide the backend of this process, before Keras is first used; as `usable_backend`."""
    os.environ["KERAS_BACKEND"] = name = usable_backend(name)
    return name


def start_backend(name: str | None = None) -> str:
    """Choose the backend and load Keras on it, without what frameworks print while they start.

    Arguments and errors are those of `choose_backend`; returns the backend's name.
    """
    global _started_in
    name = choose_backend(name)
    if loaded_backend() is None:
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        with _streams_that_are_open(), standard_error_to_file() as output:
            try:
                keras.ops.convert_to_numpy(keras.ops.zeros(1))  # the first operation is when devices are looked for
            except Exception as error:
                output.seek(0)
                last = output.read().decode(errors="replace").strip().splitlines()[-1:]
                reason = " ".join([str(error), *last])
                raise UserError(f"backend {name} does not start, try another --backend: {reason}") from error
        logging.getLogger("tensorflow").setLevel(logging.ERROR)  # in a notebook or console, its import lowers that
    if _started_in is None:
        _started_in = os.getpid()
    return name


def started_before_fork() -> bool:
    """Whether this process was forked from one in which the backend had started: its threads are not here."""
    return _started_in not in (None, os.getpid())


@contextmanager
def standard_error_to_file() -> Iterator[IO[bytes]]:
    """Within it, file descriptor 2, to which compiled libraries write past `sys.stderr`, is a temporary file."""
    if sys.stderr is not None and not sys.stderr.closed:  # a service or a program with windows may have none
        sys.stderr.flush()
    with tempfile.TemporaryFile() as output:
        try:
            terminal = os.dup(2)
        except OSError:  # it is closed: nothing needs to be kept from it
            yield output
            return
        os.dup2(output.fileno(), 2)
        try:
            yield output
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


@contextmanager
def _streams_that_are_open() -> Iterator[None]:
    """Within it, a closed `sys.stdout` or `sys.stderr` is one to nowhere: frameworks ask whether it is a terminal."""
    streams = sys.stdout, sys.stderr
    if any(stream is None or stream.closed for stream in streams):
        nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (what is loaded may keep it)
        sys.stdout, sys.stderr = (nowhere if one is None or one.closed else one for one in streams)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = streams


def has_bfloat16() -> bool:
    """Whether this machine computes bfloat16 in hardware: an accelerator, or a CPU with AVX512-BF16 or AMX-BF16."""
    if accelerator_for_jax():
        return True
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def resolve_precision(precision: str) -> Literal["float32", "bfloat16"]:
    """The precision, `float32` or `bfloat16`, for a setting that may also say `auto`."""
    if precision == "auto":
        return "bfloat16" if has_bfloat16() else "float32"
    return "bfloat16" if precision == "bfloat16" else "float32"


@contextmanager
def layers_in(precision: str) -> Iterator[None]:
    """Within it, new layers compute in this precision; their variables stay float32."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if resolve_precision(precision) == "bfloat16" else "float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


@contextmanager
def drawn_from(seed: int) -> Iterator[None]:
    """Within it, fresh weights and the random state of new layers follow from a seed.

    The states of `random` and `numpy.random` are restored afterwards: they belong to the caller.
    """
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 (Keras draws from the legacy generator)
    keras.utils.set_random_seed(seed)
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002


def devices() -> list[str]:
    """The devices that the loaded backend computes on, such as ["cpu:0"]."""
    if keras.backend.backend() == "torch":  # for which Keras has no list
        import torch

        return [f"cuda:{number}" for number in range(torch.cuda.device_count())] or ["cpu:0"]
    return [str(device) for device in keras.distribution.list_devices()] or ["cpu:0"]


def build_losses(network: Any, inputs: Any, targets: Any) -> None:
    """On torch, let Keras build a compiled network's losses and metrics now, on one example.

    It would do so on the first training batch, and draw random numbers for it after a checkpoint's random state was
    restored. The other backends draw none.
    """
    if keras.backend.backend() == "torch":
        network.test_on_batch(inputs, targets)


def outputs_of(network: Any, inputs: Any, at_once: int) -> Any:
    """The outputs of a network for arrays, to the bit those of its `predict`.

    Args:
        network: a `keras.Model`.
        inputs: an array, or a list of arrays of the same length.
        at_once: rows in a batch.
    """
    # `predict` builds a pipeline for each call, which takes longer than a small network does, and leaves tens of kB
    # behind until Python collects cycles: a process that runs for days would grow. And for a network compiled with ten
    # steps in an execution it computes ten batches at the same time.
    arrays = inputs if isinstance(inputs, list) else [inputs]
    parts = []
    for start in range(0, len(arrays[0]), at_once):
        batch = [array[start : start + at_once] for array in arrays]
        parts.append(network.predict_on_batch(batch if isinstance(inputs, list) else batch[0]))
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], list):
        return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]
    return np.concatenate(parts)


def global_random_state() -> dict[str, Array]:
    """The random state outside the networks: torch's own, from which its Dropout draws; else nothing."""
    if keras.backend.backend() != "torch":
        return {}
    import torch

    return {"torch": torch.get_rng_state().numpy().copy()}


def put_global_random_state(state: dict[str, Array]) -> None:
    """Restore what `global_random_state` returned."""
    if "torch" in state:
        import torch

        torch.set_rng_state(torch.from_numpy(state["torch"].copy()))


def input_gradient(
    network: Any, loss: Callable[..., Any], ranks: tuple[int, ...] = ()
) -> Callable[..., tuple[float, Array]]:
    """The function x → (loss, d loss / d x) of a network's outputs, for constant weights.

    Args:
        network: a `keras.Model` with one input and a list of outputs.
        loss: from the list of outputs (backend tensors) to one number, written in `keras.ops`.
        ranks: number of axes of each further array that the loss takes after the outputs, such as weights of pixels.

    Returns:
        A function of a float32 array (batch, …), and of the further arrays, that returns the loss as float and the
        gradient as float32 array of the same shape.
    """
    build = {"tensorflow": _gradient_tensorflow, "jax": _gradient_jax, "torch": _gradient_torch}
    return build[keras.backend.backend()](network, loss, ranks)


def _outputs(result: Any) -> list[Any]:
    return list(result) if isinstance(result, list | tuple) else [result]


def _gradient_tensorflow(network: Any, loss: Any, ranks: tuple[int, ...]) -> Callable[..., tuple[float, Array]]:
    import tensorflow as tf

    # One graph for all sizes of x. Graphs for one size each would round differently from the one for any size that
    # TensorFlow falls back to after a few, so a dream's last bits would depend on where it was resumed.
    signature = tf.TensorSpec([None] * (len(network.inputs[0].shape) - 1) + [network.inputs[0].shape[-1]], tf.float32)
    further = [tf.TensorSpec([None] * rank, tf.float32) for rank in ranks]

    @tf.function(input_signature=[signature, *further])  # type: ignore[untyped-decorator]
    def compute(x: Any, *arrays: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = loss(_outputs(network(x, training=False)), *arrays)
        return value, tape.gradient(value, x)

    def gradient(x: Array, *arrays: Array) -> tuple[float, Array]:
        value, slope = compute(*(tf.constant(array, dtype=tf.float32) for array in (x, *arrays)))
        return float(value), np.asarray(slope, dtype=np.float32)

    return gradient


def _gradient_jax(network: Any, loss: Any, ranks: tuple[int, ...]) -> Callable[..., tuple[float, Array]]:  # noqa: ARG001
    import jax

    def value_of(x: Any, arrays: Any, trainable: Any, rest: Any) -> Any:
        result, _ = network.stateless_call(trainable, rest, x, training=False)
        return loss(_outputs(result), *arrays)

    compute = jax.jit(jax.value_and_grad(value_of))

    def gradient(x: Array, *arrays: Array) -> tuple[float, Array]:
        trainable = [variable.value for variable in network.trainable_variables]
        rest = [variable.value for variable in network.non_trainable_variables]
        further = [np.asarray(array, dtype=np.float32) for array in arrays]
        value, slope = compute(np.asarray(x, dtype=np.float32), further, trainable, rest)
        return float(value), np.asarray(slope, dtype=np.float32)

    return gradient


def _gradient_torch(network: Any, loss: Any, ranks: tuple[int, ...]) -> Callable[..., tuple[float, Array]]:  # noqa: ARG001
    import torch

    def gradient(x: Array, *arrays: Array) -> tuple[float, Array]:
        tensor = torch.tensor(x, dtype=torch.float32, requires_grad=True)
        further = [torch.tensor(array, dtype=torch.float32) for array in arrays]
        value = loss(_outputs(network(tensor, training=False)), *further)
        (slope,) = torch.autograd.grad(value, tensor)
        return float(value.detach()), slope.detach().cpu().numpy().astype(np.float32)

    return gradient
