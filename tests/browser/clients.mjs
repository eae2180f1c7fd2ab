// A client's page: each tab, its settings, its secret made anew, its tokens ended, off and on, and the end.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { ORIGIN, administrator, look, open, quiet } from "./lib.mjs";

let page, first;
const shownSecret = () => page.locator("[data-secret]").innerText();

/** What the token endpoint says to the client with this secret. */
async function token(secret) {
  const answer = await fetch(`${ORIGIN}/api/v1/oauth/token`, {
    method: "POST", headers: { Authorization: `Basic ${btoa(`nightly:${secret}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  return { status: answer.status, ...(await answer.json()) };
}

before(async () => {
  page = await administrator();
  await open(page, "/admin/clients/new");
  await page.getByRole("button", { name: /Service or job/ }).click();
  await page.getByLabel("Name", { exact: true }).fill("Nightly job");
  await page.getByLabel("Client ID", { exact: true }).fill("nightly");
  await page.getByRole("button", { name: "Create client" }).click();
  first = await shownSecret();
  assert.equal((await token(first)).status, 200);
});

test("clients are found by what is typed", async () => {
  await open(page, "/admin/clients");
  await page.getByPlaceholder("Name or id").fill("nightly");
  await page.waitForURL(/q=nightly/);
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
  await look(page, "clients");
  await open(page, "/admin/clients?q=nothing-like-it");
  await page.getByText("Nothing matches").waitFor();
});

test("every tab of a client is at an address of its own", async () => {
  for (const tab of ["", "/settings", "/secrets", "/grants", "/tokens", "/activity"]) {
    await open(page, `/admin/clients/nightly${tab}`);
    assert.equal(await page.locator('nav.tabs [aria-current="page"]').count(), 1, tab);
    await look(page, `client ${tab.slice(1) || "quick start"}`);
  }
  await page.getByRole("link", { name: "Its flows, step by step" }).click();
  await page.waitForURL(/\/admin\/flows\?client_id=nightly$/);
  quiet(page);
});

test("a lifetime is changed, and the next token has it", async () => {
  await open(page, "/admin/clients/nightly/settings");
  await page.getByLabel("Access token", { exact: true }).fill("120");
  await page.getByRole("button", { name: /^Save/ }).click();
  await page.getByText("Saved.").waitFor();
  assert.equal((await token(first)).expires_in, 120);
});

test("a new secret counts, and the old one ends at once if that was chosen", async () => {
  await open(page, "/admin/clients/nightly/secrets");
  await page.getByLabel("The old one ends").selectOption("0");
  await page.getByRole("button", { name: "New secret" }).click();
  const second = await shownSecret();
  assert.notEqual(second, first);
  assert.equal((await token(second)).status, 200);
  assert.equal((await token(first)).error, "invalid_client");
  first = second;
});

test("its tokens are ended together", async () => {
  await open(page, "/admin/clients/nightly/tokens");
  await page.getByText("living", { exact: true }).and(page.locator(".badge")).first().waitFor();
  await page.getByRole("button", { name: "End all of this client…" }).click();
  await look(page, "end all");
  await page.getByRole("dialog").getByRole("button", { name: "End all" }).click();
  await page.getByText("All grants and tokens of this client have ended.").waitFor();
  await page.waitForFunction(() => ![...document.querySelectorAll("tbody .badge")].some((badge) => badge.textContent === "living"));
});

test("a client that is off gets nothing, until it is on again", async () => {
  await page.getByRole("button", { name: "Disable" }).click();
  await page.getByRole("button", { name: "Enable" }).waitFor();
  assert.notEqual((await token(first)).status, 200);
  await page.getByRole("button", { name: "Enable" }).click();
  await page.getByRole("button", { name: "Disable" }).waitFor();
  assert.equal((await token(first)).status, 200);
  quiet(page);
});

test("a client is deleted once its id is typed", async () => {
  await page.getByRole("button", { name: "Delete…" }).click();
  const button = page.getByRole("dialog").getByRole("button", { name: "Delete client" });
  assert.ok(await button.isDisabled());
  await page.getByRole("dialog").getByRole("textbox").fill("nightly");
  await button.click();
  await page.waitForURL(`${ORIGIN}/admin/clients`);
  assert.equal((await token(first)).error, "invalid_client");
  quiet(page);
});
