import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { readData, unpack } from "../src/blobs";

const bytes = Uint8Array.from({ length: 100000 }, (_, index) => (index * index) % 256);
const elements: Record<string, string> = {
  "blob-weights": gzipSync(bytes).toString("base64"),
  "page-data": '{"run":"\\u003c/script>"}',
};
const getElementById = (id: string) => (id in elements ? { textContent: elements[id] } : null);
Object.assign(globalThis, { document: { getElementById } });

test("a blob is unpacked, byte for byte", async () => {
  assert.deepEqual(new Uint8Array(await unpack("weights")), bytes);
});

test("a blob that the page has not is named", async () => {
  await assert.rejects(unpack("graph-adder"), /the page has no graph-adder/);
});

test("the data is JSON", () => {
  assert.deepEqual(readData(), { run: "</script>" });
});
