"""A field to draw in with mouse, finger or pen: a canvas whose PNG is the component's value."""

import gradio as gr

SIDE = 280
"""Pixels; ten times the side of the pictures that the networks were trained on."""

_TEMPLATE = """
<div class="pad">
<span class="what">{label}</span>
<canvas width="{side}" height="{side}" tabindex="0" role="img" aria-label="{label}"></canvas>
<button type="button" class="wipe">{wipe}</button>
</div>
"""

_SCRIPT = """
const canvas = element.querySelector('canvas'), pen = canvas.getContext('2d');
let last = null, drawn = false;
const wipe = () => { pen.clearRect(0, 0, canvas.width, canvas.height); drawn = false; };
const place = (event) => {
  const box = canvas.getBoundingClientRect();
  const scale = canvas.width / box.width;
  return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
};
const line = (from, to) => {
  pen.lineWidth = 20; pen.lineCap = 'round'; pen.lineJoin = 'round'; pen.strokeStyle = '#111';
  pen.beginPath(); pen.moveTo(...from); pen.lineTo(...to); pen.stroke(); drawn = true;
};
canvas.addEventListener('pointerdown', (event) => {
  event.preventDefault(); canvas.setPointerCapture(event.pointerId); last = place(event); line(last, last);
});
canvas.addEventListener('pointermove', (event) => {
  if (!last) return;
  const now = place(event); line(last, now); last = now;
});
const lift = () => {
  if (!last) return;
  last = null; props.value = canvas.toDataURL('image/png'); trigger('input');
};
canvas.addEventListener('pointerup', lift);
canvas.addEventListener('pointercancel', lift);
element.querySelector('.wipe').addEventListener('click', () => { wipe(); props.value = ''; trigger('clear'); });
watch('value', () => { if (!props.value && drawn) wipe(); });
"""


def pad(label: str, wipe: str, name: str) -> gr.HTML:
    """An empty pad.

    Args:
        label: what it is for, which screen readers say.
        wipe: the text of the button that empties it.
        name: its `elem_id`.

    Returns:
        A component whose value is a PNG as a data URL, empty where nothing is drawn. Lifting the pen triggers its event
        `input`, the button `clear`; the value "" from the server empties it.
    """
    template = _TEMPLATE.format(side=SIDE, label=label, wipe=wipe)
    return gr.HTML(value="", html_template=template, js_on_load=_SCRIPT, elem_id=name, elem_classes="pad-block")
