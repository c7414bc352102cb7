/** The look of what only a dream's page has. */

export const STYLE = `
.dream { display: grid; gap: 1.25rem 1.75rem; grid-template-columns: minmax(0, 1.8fr) minmax(0, 1fr); grid-template-areas: "seen beside" "sizes beside"; align-items: start; }
.seen { grid-area: seen; } .beside { grid-area: beside; } .sizes { grid-area: sizes; }
.stage { --at: 0; position: relative; overflow: hidden; border-radius: 14px; background: #000; aspect-ratio: var(--wide) / var(--high); width: min(100%, calc(74vh * var(--wide) / var(--high))); margin: 0 auto; box-shadow: 0 10px 30px rgb(0 0 0 / 0.28); }
.stage img { position: absolute; inset: 0; width: 100%; height: 100%; display: block; object-fit: cover; }
.stage:has(.divider) .front { clip-path: inset(0 0 0 calc(var(--at) * 1%)); }
.stage .line { position: absolute; top: 0; bottom: 0; left: calc(var(--at) * 1% - 1px); width: 2px; background: #fff; box-shadow: 0 0 6px rgb(0 0 0 / 0.6); pointer-events: none; }
.stage .line::after { content: "◂ ▸"; position: absolute; top: 50%; left: 50%; translate: -50% -50%; background: #fff; color: #222; border-radius: 999px; padding: 0.35rem 0.55rem; font-size: 0.8rem; letter-spacing: 1px; white-space: nowrap; line-height: 1; }
.stage .divider { position: absolute; inset: 0; width: calc(100% + 4px); height: 100%; margin: 0 -2px; padding: 0; border: 0; opacity: 0; cursor: ew-resize; touch-action: pan-y; }
.stage:has(.divider:focus-visible) { outline: 3px solid var(--accent); outline-offset: 3px; }
.stage .tag { position: absolute; bottom: 0.6rem; max-width: 46%; background: rgb(0 0 0 / 0.68); color: #fff; border-radius: 999px; padding: 0.1rem 0.7rem; font-size: 0.85rem; pointer-events: none; }
.stage .tag.left { left: 0.6rem; } .stage .tag.right { right: 0.6rem; }
.controls { display: flex; gap: 0.8rem; align-items: center; margin: 0.9rem 0 0.7rem; }
.controls .play { flex: 0 0 auto; min-width: 6.5rem; }
.controls .way { flex: 1; min-width: 0; padding: 0; height: 2.4rem; accent-color: var(--accent); }
.octaves { display: grid; gap: 0.5rem; align-items: end; max-width: 40rem; }
.octaves button { padding: 0.2rem; display: flex; flex-direction: column; gap: 0.15rem; font-size: 0.8rem; min-width: 0; line-height: 1.2; }
.octaves img { width: 100%; border-radius: 5px; display: block; }
.octaves button[aria-pressed="true"] { box-shadow: 0 0 0 2px var(--accent); }
.breaks img { width: 100%; border-radius: 7px; display: block; margin: 0 0 0.6rem; }
.save { margin-top: 0.8rem; }
.credit { font-size: 0.82rem; color: var(--soft); margin: 0.6rem 0 0; }
.readout { min-height: 10.5rem; }
.readout .where { font-size: 1.35rem; font-weight: 650; line-height: 1.25; margin: 0 0 0.2rem; }
.readout .where small { font-weight: 400; font-size: 0.95rem; }
.readout .how, .by-layer .how { color: var(--soft); margin: 0.15rem 0; font-variant-numeric: tabular-nums; }
.readout .loss { margin: 0.4rem 0; } .readout .loss b { font-size: 2rem; color: var(--accent); font-variant-numeric: tabular-nums; line-height: 1.1; }
.whole { font-size: 1.05rem; margin: 0 0 0.9rem; padding: 0 0 0.7rem; border-bottom: 1px solid var(--line); } .whole b { color: var(--accent); }
.finer { font-size: 0.9rem; color: var(--soft); } .finer p { margin: 0; }
.dream.aside .controls, .dream.aside .curve, .dream.aside .whole, .dream.aside .finer { display: none; }
#top { scroll-margin-top: 1rem; }
.credit code { overflow-wrap: anywhere; color: var(--ink); }
#break li:first-child { grid-column: 1 / -1; border-style: dashed; display: grid; grid-template-columns: minmax(0, 15rem) minmax(0, 1fr); gap: 0 1rem; align-content: start; align-items: start; grid-template-rows: auto 1fr; }
#break li:first-child img { grid-row: 1 / 3; margin: 0; } #break li:first-child button { justify-self: start; }
.curve { margin: 0.4rem 0 0; }
.curve svg { cursor: pointer; }
svg.losses .octave { fill: color-mix(in srgb, var(--accent) 9%, transparent); }
svg.losses .line { stroke-width: 2.5; }
svg.losses .point { fill: var(--accent); stroke: var(--card); stroke-width: 2.5; transition: cx 0.12s, cy 0.12s; }
.choices { display: flex; flex-wrap: wrap; gap: 0.4rem; margin: 0 0 0.9rem; }
.saw .shown { display: grid; gap: 0.9rem 1.5rem; grid-template-columns: repeat(2, minmax(0, 1fr)); }
.saw .pair { grid-column: 1 / -1; display: grid; gap: 1.5rem; grid-template-columns: repeat(2, minmax(0, 1fr)); }
.saw .pair img { width: 100%; display: block; border-radius: 10px; }
.saw figure { margin: 0; }
.saw .layer { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 0.7rem 0.8rem; }
.saw .maps { width: 100%; display: block; image-rendering: pixelated; border-radius: 4px; margin: 0.4rem 0; }
.saw .captions { display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; font-size: 0.78rem; line-height: 1.35; font-variant-numeric: tabular-nums; }
.by-layer { display: grid; gap: 1.25rem; grid-template-columns: minmax(0, 1.3fr) minmax(0, 1fr); align-items: start; }
.choices.pictured { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); }
.choices.pictured button { padding: 0.25rem; display: flex; flex-direction: column; gap: 0.2rem; align-items: center; font-size: 0.85rem; }
.choices.pictured img { width: 100%; border-radius: 5px; display: block; }
@media (max-width: 820px) {
  .dream, .by-layer { grid-template-columns: minmax(0, 1fr); }
  .dream { grid-template-areas: "seen" "beside" "sizes"; gap: 0.8rem; }
  .saw .shown { grid-template-columns: minmax(0, 1fr); }
  .readout { min-height: 0; }
}
@media (max-width: 500px) { #break li:first-child { display: block; } #break li:first-child img { margin: 0 0 0.6rem; } .saw .pair { gap: 0.6rem; } .octaves button { font-size: 0.68rem; padding: 0.15rem; } .octaves { gap: 0.3rem; } }
@media print { .stage { width: 60%; } .controls, .stage .line { display: none; } }
`;
