// The files that are checked, and a copy of them in .jsx, where templates are JSX.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { fromJsx, toJsx } from "./htm.mjs";

export const HERE = dirname(fileURLToPath(import.meta.url));
export const ASSETS = join(HERE, "../../assets");
const COPY = join(HERE, ".jsx");

/** Paths below `assets` that end in one of `kinds`, without the libraries of others. */
export function assets(...kinds) {
  return readdirSync(ASSETS, { recursive: true })
    .filter((path) => kinds.some((kind) => path.endsWith(`.${kind}`)) && !path.startsWith("vendor/"))
    .sort();
}

export const read = (path) => readFileSync(join(ASSETS, path), "utf8");
export const write = (path, text) => writeFileSync(join(ASSETS, path), text);

/** Runs a program of node_modules here; what it wrote goes to where ours goes. Whether it ended well. */
export function run(program, ...args) {
  try {
    execFileSync(join(HERE, "node_modules/.bin", program), args, { cwd: HERE, stdio: "inherit" });
    return true;
  } catch {
    return false;
  }
}

const isScript = (path) => path.endsWith(".js");

/** Copies scripts and style sheets into .jsx, under the same names and with the same lines. */
export function copy() {
  rmSync(COPY, { recursive: true, force: true });
  for (const path of assets("js", "css")) {
    const file = join(COPY, path);
    mkdirSync(dirname(file), { recursive: true });
    let text = read(path);
    if (isScript(path)) {
      try {
        text = toJsx(text);
      } catch (error) {
        throw new Error(`assets/${path}: ${error.message}`);
      }
    }
    writeFileSync(file, text);
  }
  // What the libraries of others are to the type checker.
  cpSync(join(HERE, "types"), join(COPY, "vendor"), { recursive: true });
}

/** Characters. */
export const WIDEST = 120;

/** The lines of `text` that are too wide: [width, number]. */
export function wideLines(text) {
  const widths = text.split("\n").map((line, index) => [[...line].length, index + 1]);
  return widths.filter(([width]) => width > WIDEST);
}

/** The files of .jsx as the formatter leaves them, as templates again: path → text. */
function layOut(paths, width) {
  const files = paths.map((path) => join(".jsx", path));
  const options = [
    "--write",
    "--log-level=warn",
    ...(width ? [`--javascript-formatter-line-width=${width}`] : []),
  ];
  if (!run("biome", "format", ...options, ...files)) throw new Error("The formatter failed.");
  return new Map(
    paths.map((path) => {
      const text = readFileSync(join(COPY, path), "utf8");
      return [path, isScript(path) ? fromJsx(text) : text];
    }),
  );
}

/**
 * Every file as the formatter would leave it: path → text. A template takes more room than its JSX: `<${Card}` for
 * `<Card`. Where that makes a line too wide, the file is laid out in narrower ones.
 */
export function formatted() {
  copy();
  const texts = layOut(assets("js", "css"));
  for (const width of [104, 96]) {
    const wide = [...texts.keys()].filter((path) => isScript(path) && wideLines(texts.get(path)).length > 0);
    if (wide.length === 0) break;
    for (const [path, text] of layOut(wide, width)) {
      if (wideLines(text).length < wideLines(texts.get(path)).length) texts.set(path, text);
    }
  }
  return texts;
}
