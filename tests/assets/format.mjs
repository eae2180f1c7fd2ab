// Lays out the scripts and style sheets of assets, templates included.

import { formatted, read, write } from "./files.mjs";

for (const [path, text] of formatted()) {
  if (text === read(path)) continue;
  write(path, text);
  console.log(`assets/${path}`);
}
