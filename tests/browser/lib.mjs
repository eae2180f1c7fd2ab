// What the browser suites share: a signed-in administrator, and the look at a page that every page has to
// stand. Importing it starts Chromium; node's test runner ends it after the suite's tests.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

import { freshPage, launch } from "../lib/chromium.mjs";

/** Where the suite's server is. */
export const ORIGIN = process.env.KEYFOB_ISSUER;

export const browser = await launch();
const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WIDE = { width: 1280, height: 900 };
const PHONE = { width: 375, height: 812 };
const suite = process.argv[1].split("/").at(-1).replace(".mjs", "");

const ends = [() => browser.close()];
after(async () => {
  for (const end of ends.reverse()) await end();
});

/** A page of a fresh profile that notes every refusal of its CSP and every request that leaves `origin`. */
export async function visitor({ origin = ORIGIN, elsewhere = [], ...options } = {}) {
  const page = await freshPage(browser, { viewport: WIDE, reducedMotion: "reduce", ...options });
  page.origin = origin;
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => console.error(`CSP: ${event.violatedDirective} refused ${event.blockedURI}`));
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (!["data:", "blob:"].includes(url.protocol) && url.origin !== origin && !elsewhere.includes(url.origin)) {
      page.complaints.push(`a request left the origin: ${url}`);
    }
  });
  return page;
}

/** A page of the administrator, signed in to `/admin`. */
export async function administrator({ path = "/admin", username = "root", password = "an administrator", ...options } = {}) {
  const page = await visitor(options);
  await page.goto(page.origin + path);
  await page.fill("#username", username);
  await page.fill("#password", password);
  await page.click("#login-submit");
  await page.waitForSelector("#page h1");
  return page;
}

/** Goes to a page of the admin page by its address, and waits until what it shows has been loaded. */
export async function open(page, path) {
  await page.goto(page.origin + path);
  await settled(page);
}

/** Waits until the admin page shows a page and nothing of it is still being loaded. */
export async function settled(page) {
  await page.waitForSelector("#page h1");
  await page.waitForFunction(() => !document.querySelector(".skeleton"));
}

/**
 * What every page has to stand in the state it is in: axe-core finds nothing in light and in dark, wide and
 * on a phone; nothing makes it wider than the phone; no script failed, no CSP refused, no request went elsewhere.
 */
export async function look(page, name) {
  const before = page.viewportSize();
  for (const [size, viewport] of [["wide", WIDE], ["phone", PHONE]]) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const where = `${name}, ${size}, ${colorScheme}`;
      await picture(page, `${name}-${size}-${colorScheme}`);
      assert.deepEqual(await axe(page), [], where);
    }
    assert.deepEqual(await page.evaluate(glued), [], `${name}, ${size}`);
    const [content, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(content <= room, `${name}: ${content} px wide where there are ${room}`);
  }
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: null, reducedMotion: "reduce" });
  quiet(page);
}

/** Words of two elements with nothing between them, as where a template has lost the space: "failed.Try again". */
function glued() {
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const edge = (node, at) => {
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + 1);
    return range.getBoundingClientRect();
  };
  let before = null;
  while (texts.nextNode()) {
    const node = texts.currentNode;
    if (!node.data.trim() || !node.parentElement.checkVisibility() || node.parentElement.closest("pre, .code, .compare, script, style")) continue;
    if (before && before.parentElement !== node.parentElement && before.parentElement.closest("td") === node.parentElement.closest("td") && /[\p{L}\p{N}.,:;!?)]$/u.test(before.data) && /^[\p{L}\p{N}(]/u.test(node.data)) {
      const [end, start] = [edge(before, before.data.length - 1), edge(node, 0)];
      const isBeside = end.width > 0 && start.width > 0 && Math.abs(end.bottom - start.bottom) < 6 && Math.abs(start.left - end.right) < 1.5;
      if (isBeside) found.push(`${before.data.slice(-20)}|${node.data.slice(0, 20)}`);
    }
    before = node;
  }
  return found;
}

/** Nothing was complained of: no error in the console, no refusal of the CSP, no request to another origin. */
export function quiet(page) {
  assert.deepEqual(page.complaints, []);
}

/** Takes from the page's complaints the ones that a test provoked; fails when there is none. */
export function provoked(page, pattern) {
  const kept = page.complaints.filter((text) => !pattern.test(text));
  assert.notEqual(kept.length, page.complaints.length, `nothing complained of ${pattern}`);
  page.complaints.splice(0, Infinity, ...kept);
}

async function axe(page) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => axe.run({ resultTypes: ["violations"] }));
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}

async function picture(page, name) {
  const folder = process.env.KEYFOB_SHOTS;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${suite}-${name.replace(/[^a-z0-9]+/gi, "-")}.png`), fullPage: true });
}

/** What a click on `locator` downloads: its name and its bytes. */
export async function downloaded(page, click) {
  const [download] = await Promise.all([page.waitForEvent("download"), click()]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

/** Runs the command line on the suite's database; what it printed. */
export async function keyfob(...command) {
  const { stdout } = await promisify(execFile)(process.env.KEYFOB_BIN, command);
  return stdout;
}

/** As if everybody at the admin page had last given their password an hour ago. */
export async function anHourLater() {
  const change = "UPDATE admin_sessions SET proved_at = proved_at - 3600";
  const script = "import sqlite3, sys; file = sqlite3.connect(sys.argv[1], timeout=10); file.execute(sys.argv[2]); file.commit()";
  await promisify(execFile)("python3", ["-c", script, process.env.KEYFOB_DATABASE, change]);
}

/** Another server beside the suite's own, with this state file or none. It ends with the suite. */
export async function anotherServer({ state, args = [], variables = {}, command = "serve" } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "keyfob-browser-"));
  const [config, database, ready] = ["keyfob.toml", "keyfob.db", "ready.json"].map((name) => join(folder, name));
  if (state) await writeFile(config, state);
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith("KEYFOB_"));
  const environment = { ...Object.fromEntries(others), ...variables };
  let said = "";
  const child = spawn(
    process.env.KEYFOB_BIN,
    [command, ...(state ? ["--config", config] : []), "--listen", "localhost:0", "--database", database, "--ready-file", ready, ...args],
    { env: environment, cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
  );
  child.stderr.on("data", (chunk) => (said += chunk));
  const over = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill("SIGTERM");
    await over;
  };
  ends.push(async () => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  });
  for (let attempt = 0; attempt < 500; attempt++) {
    const text = await readFile(ready, "utf8").catch(() => "");
    if (text.endsWith("}\n") || text.endsWith("}")) return { origin: JSON.parse(text).issuer, folder, database, stop };
    if (child.exitCode !== null) break;
    await wait(20);
  }
  throw new Error(`keyfob did not become ready: ${said}`);
}
