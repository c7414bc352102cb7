"""A page as a person visits it: from a file, without a network. And what Keras says of the values that it shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etudes.actions.loading import LoadedRun, build_networks, open_run
from etudes.training.computing import computing, start_computing
from etudes.training.state import put_weights

PATIENCE = 60_000
"""Milliseconds to wait for what the page is to show: a busy machine is slow."""

WIDTHS = (390, 768, 1280, 1600)

TABLE = """(band) => {
  const rows = [...band.querySelectorAll(".numbers tbody tr")];
  return rows.map((row) => [...row.querySelectorAll("td data")].map((cell) => Number(cell.value)));
}"""

WIDER = """() => {
  const scrolls = (one) => one.closest(".scroll, pre, nav, .aloud");
  const seen = (one) => one.checkVisibility({visibilityProperty: true}) && one.getBoundingClientRect().width > 1;
  const page = document.documentElement.scrollWidth > innerWidth ? ["the page itself"] : [];
  const cut = [...document.querySelectorAll("main *")].filter((one) => {
    const box = one.getBoundingClientRect();
    return seen(one) && !scrolls(one) && (box.right > innerWidth + 1 || box.left < -1);
  });
  return page.concat(cut.slice(0, 9).map((one) => `${one.tagName} ${(one.innerText || one.outerHTML).slice(0, 60)}`));
}"""


@dataclass
class Visit:
    """A page that is open."""

    page: Any
    """Playwright's."""
    asked: list[str] = field(default_factory=list)
    """The addresses that it asked for; what it holds itself (data:, blob:) is left out, and so is its own."""
    errors: list[str] = field(default_factory=list)

    def wait(self) -> Visit:
        """Until the network has answered what the page begins with."""
        self.page.wait_for_selector("html[data-answered]", state="attached", timeout=PATIENCE)
        return self

    def check(self) -> None:
        """It asked nobody for anything, and nothing went wrong."""
        assert not self.asked
        assert not self.errors

    def language(self, name: str) -> None:
        """Switch to "en" or "zh" with the page's own buttons."""
        self.page.locator("button.language", has_text={"en": "English", "zh": "中文"}[name]).click()
        self.page.wait_for_selector(f"html[lang={'zh-CN' if name == 'zh' else 'en'}]", state="attached")

    def theme(self, name: str) -> None:
        """Switch to "light" or "dark" as the page's own button does."""
        self.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", name)

    def width(self, pixels: int) -> None:
        """Make the window as wide, and let the page draw itself anew."""
        self.page.set_viewport_size({"width": pixels, "height": 900})
        self.page.wait_for_timeout(150)

    def wider_than_the_window(self) -> list[str]:
        """What does not fit, though it does not scroll by itself."""
        found: list[str] = self.page.evaluate(WIDER)
        return found

    def answer(self) -> str:
        """What the first screen says, on one line."""
        return re.sub(r"\s+", " ", self.page.locator("#top").inner_text()).strip()

    # --- bands and cells ----------------------------------------------------------------------------------------------

    def bands(self, network: str) -> list[str]:
        """The names of the values that are shown of a network, in order."""
        names: list[str] = self.page.locator(f"#journey-{network} .band").evaluate_all(
            "(bands) => bands.map((band) => band.dataset.value)"
        )
        return names

    def band(self, network: str, name: str) -> Any:
        """The band of a value, a locator."""
        return self.page.locator(f'[id="band-{network}-{name}"]')

    def click(self, network: str, name: str, across: float, down: float) -> tuple[tuple[int, ...], float] | None:
        """Click into a band's canvas at a share of its width and height: which cell is chosen, and its value.

        None beside all cells.
        """
        self.page.evaluate("() => document.querySelectorAll('.detail .of').forEach((one) => one.remove())")
        canvas = self.band(network, name).locator("canvas.cells").first
        box = canvas.bounding_box()
        canvas.click(position={"x": across * (box["width"] - 1), "y": down * (box["height"] - 1)})
        return self.chosen()

    def keys(self, network: str, name: str, *keys: str) -> tuple[tuple[int, ...], float] | None:
        """Press keys in a band's canvas: which cell is chosen then, and its value."""
        canvas = self.band(network, name).locator("canvas.cells").first
        for key in keys:
            canvas.press(key)
        return self.chosen()

    def chosen(self) -> tuple[tuple[int, ...], float] | None:
        """The cell that the detail panel explains, and its value; None where none is chosen."""
        found = self.page.evaluate(
            "() => { const of = document.querySelector('.detail .of');"
            " return of && [of.dataset.cell, of.querySelector('data').value]; }"
        )
        return (tuple(map(int, found[0].split(","))), float(found[1])) if found else None

    def values(self, network: str, name: str) -> NDArray[np.float64]:
        """All values of a band, as its table has them; in the shape of the value, without the batch axis."""
        band = self.band(network, name)
        folded = band.locator("details.numbers")
        if not folded.evaluate("(one) => one.open"):
            folded.locator("summary").click()
            folded.locator("td").first.wait_for()  # the toggle comes late on a busy machine
        shape = tuple(map(int, band.get_attribute("data-shape").split(",")))
        if len(shape) < 3 or shape[2] == 1:
            rows = band.evaluate(TABLE)
            return np.array([value for row in rows for value in row]).reshape(shape)
        maps = []
        for number in range(1, shape[2] + 1):
            chooser = folded.locator("input[type=number]")
            chooser.fill(str(number))
            chooser.dispatch_event("change")
            maps.append(band.evaluate(TABLE))
        return np.moveaxis(np.array(maps), 0, -1).reshape(shape)


def open_page(
    browser: Any,
    file: Path,
    *,
    width: int = 1280,
    theme: str = "light",
    language: str = "en",
    fragment: str = "",
    motion: str = "no-preference",
    touch: bool = False,
    bypass_csp: bool = False,
) -> Visit:
    """Open a page from its file in a window of its own, without a network; it is not waited for."""
    context = browser.new_context(
        offline=True,
        viewport={"width": width, "height": 900},
        color_scheme=theme,
        locale={"en": "en-US", "zh": "zh-CN"}[language],
        reduced_motion=motion,
        bypass_csp=bypass_csp,
        **({"has_touch": True, "is_mobile": True} if touch else {}),
    )
    page = context.new_page()
    address = file.resolve().as_uri() + fragment
    visit = Visit(page)

    def note(request: Any) -> None:
        if not request.url.startswith(("data:", "blob:")) and request.url != address.partition("#")[0]:
            visit.asked.append(request.url)

    page.on("request", note)
    page.on("pageerror", lambda error: visit.errors.append(str(error)))
    page.on("console", lambda said: visit.errors.append(said.text) if said.type == "error" else None)
    page.goto(address)
    return visit


def violations(visit: Visit) -> list[str]:
    """What axe-core finds that is serious or critical: the rule, and the first elements.

    The page must have been opened with `bypass_csp`: its policy forbids scripts that are put in.
    """
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(visit.page).response
    assert found["passes"]
    return [
        f"{one['id']}: " + " | ".join(node["html"][:120] for node in one["nodes"][:4])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


# --- Keras ------------------------------------------------------------------------------------------------------------


def keras_tensors(network: Any) -> dict[str, tuple[Any, Any]]:
    """The output of each layer and operation, and itself, by the name that its graph gives it, such as "03_conv2d"."""
    import keras

    def name(number: int, operation: Any) -> str:
        return f"{number:02d}_" + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(operation).__name__).lower()

    found: dict[str, tuple[Any, Any]] = {}
    if type(network).__name__ == "Sequential":
        return {name(number, layer): (layer.output, layer) for number, layer in enumerate(network.layers)}

    def call(operation: Any, *args: Any, **options: Any) -> Any:
        output = operation(*args, **options)
        found[name(len(found), operation)] = output, operation
        return output

    same = keras.Model(network.input, network.output)
    keras.models.clone_model(same, network.input, lambda layer: layer, call_function=call)
    return found


def states_of(layer: Any, given: Any) -> Any:
    """The state of an LSTM after each step, what "00_lstm.states" is."""
    import keras

    twin = keras.layers.LSTM.from_config({**layer.get_config(), "return_sequences": True})
    twin.build(given.shape)
    twin.set_weights(layer.get_weights())
    return twin(given)


INSIDE: dict[str, Callable[[Any, Any], Any]] = {"states": states_of}
"""How values inside a layer are computed in Keras, by the last part of their name: from the layer and its input."""


def keras_values(
    loaded: LoadedRun, network: str, inputs: Mapping[str, NDArray[Any]], inside: Mapping[str, Callable[[Any, Any], Any]]
) -> Callable[[str], NDArray[Any]]:
    """Gives a value of one example by its name in the graph, computed by Keras.

    Args:
        loaded: the run.
        network: a name of its networks, or of their parts.
        inputs: of one example, without the batch axis, in the order of the network's inputs.
        inside: as `INSIDE`, more of them.
    """
    import keras

    networks = {**loaded.networks, **loaded.experiment.use.parts(loaded.networks)}
    model = networks[network]
    tensors = keras_tensors(model)
    given = [np.asarray(array, tensor.dtype)[None] for array, tensor in zip(inputs.values(), model.inputs, strict=True)]

    def value(name: str) -> NDArray[Any]:
        if name in inputs:
            return np.asarray(inputs[name])
        layer, _, part = name.partition(".")
        tensor, operation = tensors[layer]
        if part:
            tensor = {**INSIDE, **inside}[part](operation, operation.input)
        return np.asarray(keras.Model(model.inputs, tensor).predict_on_batch(given))[0].astype(np.float64)

    return value


def in_float32(reference: Any) -> LoadedRun:
    """A run whose networks in Keras compute in float32, as its graphs do, whatever they were trained in."""
    loaded = replace(open_run(reference))  # a copy: open runs are kept, and answer others
    with computing():
        start_computing()
        networks = build_networks(loaded.experiment, replace(loaded.settings, precision="float32"), loaded.info, None)
        saved = {name.partition("/")[0] for name in loaded.arrays}
        put_weights({name: networks[name] for name in saved}, loaded.arrays)
    vars(loaded)["networks"] = networks
    return loaded


def assert_cells_are_keras(
    visit: Visit,
    loaded: LoadedRun,
    network: str,
    *,
    count: int = 10,
    seed: int = 0,
    tolerance: float | None = None,
    inside: Mapping[str, Callable[[Any, Any], Any]] | None = None,
) -> None:
    """Click cells at random, over all bands of a network, and compare each with the same value in Keras.

    Args:
        visit: the page as it is now; the inputs are read from its bands.
        loaded: the run that the page was made of, `etudes.load(…)`.
        network: which one.
        count: cells; each band has its turn before any has a second.
        seed: of the choice.
        tolerance: the largest difference, relative where a value is above 1; by default 1e-3 where the page has weights
            in half precision, else 1e-5.
        inside: how further values inside layers are computed in Keras; see `INSIDE`.
    """
    rng = np.random.default_rng(seed)
    data = visit.page.evaluate("() => JSON.parse(document.getElementById('page-data').textContent)")
    if tolerance is None:
        tolerance = 1e-3 if any(one["dtype"] != "float32" for one in data["weights"]) else 1e-5
    names = visit.bands(network)
    inputs = {one["name"]: visit.values(network, one["name"]) for one in data["networks"][network]["inputs"]}
    wrong = []
    with computing():
        wanted = keras_values(loaded, network, inputs, inside or {})
        for turn in range(count):
            if turn % len(names) == 0:
                rng.shuffle(names)
            name = names[turn % len(names)]
            cell, value = _some_cell(visit, network, name, rng)
            right = float(wanted(name)[cell])
            if abs(value - right) > tolerance * max(1.0, abs(right)):
                wrong.append(f"{name} {cell}: the page says {value}, Keras {right}")
    assert not wrong


def _some_cell(visit: Visit, network: str, name: str, rng: np.random.Generator) -> tuple[tuple[int, ...], float]:
    for _ in range(20):
        found = visit.click(network, name, rng.uniform(), rng.uniform())
        if found:
            return found
    raise AssertionError(f"no click into {name} chose a cell")
