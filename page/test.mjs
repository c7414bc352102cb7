// Bundles tests/*.test.ts, as Node.js before 22.18 reads no TypeScript, and runs them with Node's own test runner.
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const tests = (await readdir(join(here, "tests"))).filter((name) => name.endsWith(".test.ts"));
const folder = await mkdtemp(join(tmpdir(), "etudes-page-tests-"));
await build({
  entryPoints: tests.map((name) => join(here, "tests", name)),
  outdir: folder,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  sourcemap: "inline",
  platform: "node",
  format: "esm",
  target: "es2022",
  tsconfig: join(here, "tsconfig.json"),
  logLevel: "warning",
});
const files = tests.map((name) => join(folder, name.replace(/\.ts$/, ".mjs")));
const { status } = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], { stdio: "inherit" });
await rm(folder, { recursive: true, force: true });
process.exitCode = status ?? 1;
