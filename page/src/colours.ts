/** One diverging map of colours for all values: blue below zero, the paper at zero, orange above; blue is darker. */

type Rgb = [number, number, number];

const STOPS = {
  light: { negative: [16, 52, 140], middle: [250, 250, 247], positive: [226, 106, 8] },
  dark: { negative: [66, 120, 240], middle: [22, 25, 31], positive: [255, 190, 92] },
} satisfies Record<string, Record<string, Rgb>>;

const LEVELS = 256;
const tables = new Map<string, Uint8ClampedArray>();

let preference: MediaQueryList | undefined;

/** Whether the page is dark now. */
export function isDark(): boolean {
  const chosen = document.documentElement.dataset.theme;
  preference ??= matchMedia("(prefers-color-scheme: dark)"); // asked for anew it takes as long as drawing a cell
  return chosen ? chosen === "dark" : preference.matches;
}

/** RGB for −1 … 1 in 2 · 256 + 1 steps. */
function table(): Uint8ClampedArray {
  const name = isDark() ? "dark" : "light";
  let found = tables.get(name);
  if (!found) {
    found = new Uint8ClampedArray(3 * (2 * LEVELS + 1));
    const { negative, middle, positive } = STOPS[name];
    for (let level = -LEVELS; level <= LEVELS; level++) {
      const end = level < 0 ? negative : positive;
      const share = Math.abs(level / LEVELS) ** 0.8;
      for (let k = 0; k < 3; k++) found[3 * (level + LEVELS) + k] = middle[k] + share * (end[k] - middle[k]);
    }
    tables.set(name, found);
  }
  return found;
}

/** The colour of a value, as CSS. */
export function colourOf(value: number, scale: number): string {
  const at = 3 * (levelOf(value, scale) + LEVELS);
  return `rgb(${table().slice(at, at + 3).join(" ")})`;
}

function levelOf(value: number, scale: number): number {
  const level = Math.round((LEVELS * value) / (scale || 1));
  return Math.max(-LEVELS, Math.min(LEVELS, level)) || 0;
}

/** Write the colours of values into pixels, RGBA. */
export function paint(pixels: Uint8ClampedArray, values: ArrayLike<number>, scale: number): void {
  const colours = table();
  for (let i = 0; i < values.length; i++) {
    const at = 3 * (levelOf(values[i], scale) + LEVELS);
    pixels[4 * i] = colours[at];
    pixels[4 * i + 1] = colours[at + 1];
    pixels[4 * i + 2] = colours[at + 2];
    pixels[4 * i + 3] = 255;
  }
}

/** The largest magnitude among values, at least a little. */
export function scaleOf(values: ArrayLike<number>): number {
  let most = 1e-9;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]));
  return most;
}

/** Call a function when the page turns dark or light. */
export function onTheme(follower: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", follower);
  new MutationObserver(follower).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}
