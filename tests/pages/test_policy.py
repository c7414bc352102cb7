"""From `file://`, without a network: a page unpacks its runtime, computes, and may load nothing from anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from etudes.pages import PageParts, page_html

pytestmark = pytest.mark.long

SCRIPT = """
async function unpack(name) {
  const packed = Uint8Array.from(atob(document.getElementById("blob-" + name).textContent), (c) => c.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}
async function start() {
  const address = URL.createObjectURL(new Blob([await unpack("runtime-module")], { type: "text/javascript" }));
  const ort = await import(address);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = await unpack("runtime-wasm");
  const session = await ort.InferenceSession.create(new Uint8Array(await unpack("graph-doubling")));
  const { y } = await session.run({ x: new ort.Tensor("float32", [1.5, -2], [2]) });
  return Array.from(y.data);
}
const loads = (address) => new Promise((done) => {
  const picture = new Image();
  picture.onload = () => done(true);
  picture.onerror = () => done(false);
  picture.src = address;
});
const tries = {
  computed: start,
  fetched: () => fetch("https://example.org/").then(() => true, () => false),
  beacon: () => navigator.sendBeacon("https://example.org/"),
  picture: () => loads("data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="),
  foreign: () => loads("https://example.org/a.png"),
  beside: () => loads(new URL("beside.png", location.href).href),
  handler: () => {
    document.getElementById("page").innerHTML = "<img src='data:,' onerror='window.ran = true'><b style='width:9px'>";
    return new Promise((done) => setTimeout(() => done(Boolean(window.ran)), 200));
  },
  style: () => document.querySelector("b").style.width,
  names: () => JSON.parse(document.getElementById("page-data").textContent).names,
  evaluated: () => { try { return new Function("return true")(); } catch { return false; } },
};
(async () => {
  const found = {};
  for (const [name, attempt] of Object.entries(tries)) found[name] = await attempt();
  return found;
})().catch((error) => String(error.stack) + "</script> <!--").then((found) => {
  window.found = found;
  document.documentElement.dataset.answered = "1";
});
"""
NAMES = ["</script><script>window.ran = true</script>", "<b>&\"'", "猫"]


@pytest.fixture
def found(built_page: Callable[[str], PageParts], offline_page: Any, tmp_path: Path) -> dict[str, Any]:
    """What the script above found."""
    onnx = pytest.importorskip("onnx")
    floats, helper = onnx.TensorProto.FLOAT, onnx.helper
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "x"], ["y"])],
        "doubling",
        [helper.make_tensor_value_info("x", floats, [2])],
        [helper.make_tensor_value_info("y", floats, [2])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    page = page_html(
        etude="addition_rnn",
        title="doubling",
        description="",
        data={"names": NAMES},
        blobs={"graph-doubling": model.SerializeToString()},
        parts=replace(built_page("addition_rnn"), script=SCRIPT),
    )
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    (tmp_path / "beside.png").write_bytes(b"")
    offline_page.goto((tmp_path / "page.html").as_uri())
    offline_page.wait_for_selector("html[data-answered]", state="attached", timeout=60_000)
    result: dict[str, Any] = offline_page.evaluate("window.found")
    return result


def test_a_page_computes_and_shows_but_asks_nobody(found: Any, offline_page: Any) -> None:
    assert found == {
        "computed": [3, -4],
        "fetched": False,
        "beacon": True,  # it is accepted, and then refused: nothing is asked for below
        "picture": True,
        "foreign": False,
        "beside": False,
        "handler": False,
        "style": "9px",
        "names": NAMES,
        "evaluated": False,
    }
    (page,) = [address for address in offline_page.asked if not address.startswith(("data:", "blob:"))]
    assert page == offline_page.url
    outside = {"https://example.org/a.png", offline_page.url.replace("page.html", "beside.png")}
    assert outside <= set(offline_page.refused)
    assert all("Content Security Policy" in error for error in offline_page.errors), offline_page.errors
