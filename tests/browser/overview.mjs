// The first page of the admin page, the ways around it by keyboard, and a deletion taken back.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { ORIGIN, administrator, look, open, quiet } from "./lib.mjs";

let page;

/** Asks for a token as a client with a secret; the status. */
async function token(client_id, client_secret) {
  const body = new URLSearchParams({ grant_type: "client_credentials", client_id, client_secret });
  return (await fetch(`${ORIGIN}/api/v1/oauth/token`, { method: "POST", body })).status;
}

const SECRET = "another secret: with %signs+";

before(async () => { page = await administrator(); });

test("until there is a token the overview says what comes first", async () => {
  await open(page, "/admin");
  await page.getByRole("heading", { name: "Get your first token" }).waitFor();
  await page.getByText("No tokens yet").waitFor();
  await look(page, "overview before the first token");
});

test("then it counts, draws and names what was refused", async () => {
  assert.equal(await token("web-post", SECRET), 200);
  assert.equal(await token("web-post", "wrong"), 401);
  await open(page, "/admin");
  assert.equal(await page.getByRole("heading", { name: "Get your first token" }).count(), 0);
  assert.match(await page.locator(".numbers").innerText(), /Tokens issued\s+1\s+last 24 hours\s+Failed requests\s+1\s/);
  assert.equal(await page.locator("svg .issued").count(), 48);
  await page.getByText("View as table").click();
  assert.match(await page.locator("figcaption tbody tr").last().innerText(), /1\s+1$/);
  assert.match(await page.locator("[aria-label='Recent failures'] tbody tr").first().innerText(), /invalid_client/);
  await look(page, "overview");
});

test("Ctrl-K finds pages, clients, users and teams, and traces with a text", async () => {
  await page.keyboard.press("Control+k");
  const search = page.getByRole("dialog").getByRole("combobox");
  await search.fill("sign");
  await look(page, "palette");
  await search.fill("acme");
  await page.getByRole("option", { name: /Acme/ }).waitFor();
  await search.fill("invalid_client");
  await search.press("Enter");
  await page.waitForURL(/\/admin\/traces\?q=invalid_client$/);
  await open(page, "/admin");
  await page.keyboard.press("Control+k");
  await search.fill("kari");
  await page.getByRole("option", { name: /^kari/ }).waitFor();
  await search.press("ArrowDown");
  await search.press("ArrowUp");
  await search.press("Enter");
  await page.waitForURL(/\/admin\/users\//);
});

test("shortcuts lead to pages, and ? lists them", async () => {
  await open(page, "/admin");
  await page.keyboard.press("?");
  await page.getByRole("heading", { name: "Keyboard shortcuts" }).waitFor();
  await look(page, "shortcuts");
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "Keyboard shortcuts" }).waitFor({ state: "detached" });
  await page.keyboard.press("g");
  await page.keyboard.press("k");
  await page.waitForURL(/\/admin\/keys$/);
});

// What a state file declares can only be deleted there, so each is made first.
test("a deleted scope is back after Undo", async () => {
  const headers = { "Content-Type": "application/json" };
  await page.evaluate(([headers]) => fetch("/admin/api/v1/scopes", {
    method: "POST", headers, body: JSON.stringify({ name: "made:here", description: "be made here" }),
  }), [headers]);
  await open(page, "/admin/scopes");
  const row = page.locator("tr", { hasText: "made:here" });
  await row.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete scope" }).click();
  await page.getByText("Deleted made:here.").waitFor();
  await row.waitFor({ state: "detached" });
  await look(page, "undo");
  await page.getByRole("button", { name: "Undo" }).click();
  await row.waitFor();
});

test("a deleted client is back after Undo, with its secret", async () => {
  const made = await page.evaluate(async () => {
    const answer = await fetch("/admin/api/v1/clients", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ client_id: "made-here", grant_types: ["client_credentials"], token_endpoint_auth_method: "client_secret_post" }),
    });
    return answer.json();
  });
  assert.equal(await token("made-here", made.client_secret), 200);
  await open(page, "/admin/clients/made-here/settings");
  await page.getByRole("button", { name: /^Delete/ }).first().click();
  await page.getByRole("dialog").getByRole("textbox").fill("made-here");
  await page.getByRole("button", { name: "Delete client" }).click();
  await page.waitForURL(/\/admin\/clients$/);
  assert.equal(await token("made-here", made.client_secret), 401);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.waitForURL(/\/admin\/clients\/made-here/);
  assert.equal(await token("made-here", made.client_secret), 200);
  quiet(page);
});
