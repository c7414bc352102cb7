/** Imported first: what the page's modules ask of a document when they are loaded. */

Object.assign(globalThis, { document: { querySelectorAll: () => [] } });
