// The formatter, the linter and the width of lines, for all that browsers load.

import { readdirSync } from "node:fs";

import { circles } from "./circles.mjs";
import { HERE, WIDEST, assets, copy, formatted, read, run, wideLines } from "./files.mjs";

let passed = 0;
let failed = 0;

function check(name, findings) {
  if (findings.length === 0) passed += 1;
  else failed += 1;
  for (const finding of findings) console.log(`${name}: ${finding}`);
}

const untidy = [...formatted()].filter(([path, text]) => text !== read(path));
check(
  "format",
  untidy.map(([path]) => `assets/${path} is not laid out; run npm run format in tests/assets`),
);

const wide = (path) =>
  wideLines(read(path)).map(
    ([width, line]) => `assets/${path}:${line} has ${width} characters, of at most ${WIDEST}`,
  );
check("width", assets("js", "css", "html").flatMap(wide));

copy();
check(
  "lint",
  run("biome", "lint", "--error-on-warnings", ".jsx") ? [] : ["see above; .jsx/ stands for assets/"],
);

check("types", run("tsc", "--project", ".") ? [] : ["see above; .jsx/ stands for assets/"]);

const colors = assets("css").filter((path) => path !== "css/tokens.css");
check(
  "colors",
  colors.flatMap((path) =>
    [...read(path).matchAll(/#[0-9a-f]{3,8}\b|\brgb\(/g)].map(
      ([color]) => `assets/${path}: ${color} is not in css/tokens.css`,
    ),
  ),
);

check("circles", circles());

const scripts = readdirSync(HERE).filter((name) => name.endsWith(".mjs"));
check("scripts", run("biome", "check", "--error-on-warnings", ...scripts) ? [] : ["see above"]);

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
