// Writes what a page is made of into ../src/etudes/pages/built: a script for each study, one style, the runtime.
import { mkdir, readdir, copyFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const studies = join(here, "..", "src", "etudes", "experiments");
const built = join(here, "..", "src", "etudes", "pages", "built");
const runtime = join(here, "node_modules", "onnxruntime-web", "dist");

await mkdir(built, { recursive: true });
const options = { bundle: true, minify: true, legalComments: "none", logLevel: "warning" };
for (const name of await readdir(studies)) {
  const page = join(studies, name, "page.ts");
  if (!existsSync(page)) continue;
  const start = `import { start } from "etudes-page"; import { study } from ${JSON.stringify(page)}; start(study);`;
  await build({
    ...options,
    stdin: { contents: start, resolveDir: here, loader: "ts" },
    tsconfig: join(here, "tsconfig.json"),
    format: "iife",
    target: "es2022",
    outfile: join(built, `${name}.js`),
  });
}
await build({ ...options, entryPoints: [join(here, "src", "style.css")], outfile: join(built, "style.css") });
for (const name of ["ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"]) {
  await copyFile(join(runtime, name), join(built, name));
}
