/** What the page holds beside its text: gzip in base64, in elements of scripts that are never run. */

/** The bytes of a blob. */
export async function unpack(name: string): Promise<ArrayBuffer> {
  const element = document.getElementById(`blob-${name}`);
  if (!element) throw new Error(`the page has no ${name}`);
  const stream = new Blob([fromBase64(element.textContent ?? "")]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }; // browsers of 2025 and later
  if (bytes.fromBase64) return bytes.fromBase64(text);
  const signs = atob(text.trim());
  const found = new Uint8Array(signs.length);
  for (let i = 0; i < signs.length; i++) found[i] = signs.charCodeAt(i); // `Uint8Array.from` takes half a second
  return found;
}

/** The JSON of the page. */
export function readData<T>(): T {
  return JSON.parse(document.getElementById("page-data")?.textContent ?? "{}") as T;
}
