// Modules that import each other, one by way of another; `import("…")`, too.

import { posix } from "node:path";

import { assets, read } from "./files.mjs";

/** The paths of the modules that `path` imports. */
function imports(path) {
  const found = read(path).matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)"(\.[^"]+)"/g);
  return [...found]
    .map(([, to]) => posix.join(posix.dirname(path), to))
    .filter((to) => !to.startsWith("vendor/"));
}

/** Every circle of imports, as the modules in it. */
export function circles() {
  const graph = new Map(assets("js").map((path) => [path, imports(path)]));
  const found = [];
  const done = new Set();
  const visit = (path, way) => {
    const at = way.indexOf(path);
    if (at !== -1) {
      found.push([...way.slice(at), path].join(" → "));
      return;
    }
    if (done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}
