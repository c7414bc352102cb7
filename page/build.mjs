// Writes what a page is made of into ../src/etudes/pages/built: a script and a style for each study, the runtime, and
// built.json, which says of which sources and packages. The folder is replaced as a whole, once all of it is there.
import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..");
const studies = join(root, "src", "etudes", "experiments");
const built = join(root, "src", "etudes", "pages", "built");
const unfinished = `${built}.unfinished`;
const runtime = join(here, "node_modules", "onnxruntime-web");

/** The SHA-256 of each source by its path in the repository; etudes.pages.building computes the same. */
async function sources() {
  const files = ["build.mjs", "package.json", "package-lock.json", "tsconfig.json"].map((name) => join(here, name));
  for (const entry of await readdir(join(here, "src"), { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) files.push(join(entry.parentPath ?? entry.path, entry.name));
  }
  for (const study of await readdir(studies, { withFileTypes: true })) {
    if (!study.isDirectory()) continue;
    const names = await readdir(join(studies, study.name));
    files.push(...names.filter((name) => /\.(ts|css)$/.test(name)).map((name) => join(studies, study.name, name)));
  }
  const sums = {};
  for (const file of files.sort()) {
    const sum = createHash("sha256").update(await readFile(file));
    sums[relative(root, file).split(sep).join("/")] = sum.digest("hex");
  }
  return sums;
}

const made = await sources();
await rm(unfinished, { recursive: true, force: true });
await mkdir(unfinished, { recursive: true });
const options = { bundle: true, minify: true, charset: "utf8", legalComments: "none", logLevel: "warning" };
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
    outfile: join(unfinished, `${name}.js`),
  });
}
for (const name of ["ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"]) {
  await copyFile(join(runtime, "dist", name), join(unfinished, name));
}
const { version } = JSON.parse(await readFile(join(runtime, "package.json"), "utf8"));
const record = { "onnxruntime-web": version, sources: made };
await writeFile(join(unfinished, "built.json"), `${JSON.stringify(record, null, 1)}\n`);
await rm(built, { recursive: true, force: true });
await rename(unfinished, built);
