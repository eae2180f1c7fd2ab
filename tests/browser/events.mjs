// The audit log: filtered, followed as it is written, taken away.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { ORIGIN, administrator, downloaded, look, open, quiet } from "./lib.mjs";

let page;
const rows = () => page.locator("tbody tr");

/** A refusal, of which the log tells. */
async function refusal(client_id) {
  const answer = await fetch(`${ORIGIN}/api/v1/oauth/token`, {
    method: "POST", body: new URLSearchParams({ grant_type: "client_credentials", client_id, client_secret: "not it" }),
  });
  assert.equal(answer.status, 401);
}

before(async () => {
  page = await administrator();
  await refusal("web-post");
  await refusal("web-post");
});

test("filters stand in the address, and a list without rows names the filter that empties it", async () => {
  await open(page, "/admin/events");
  await look(page, "events");
  await page.getByLabel("Outcome").selectOption("failed");
  await page.getByPlaceholder("Client").fill("web-post");
  await page.waitForURL(/client_id=web-post/);
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 2);
  assert.match(page.url(), /outcome=failed/);
  await open(page, page.url().slice(ORIGIN.length));
  assert.equal(await rows().count(), 2, "the address alone leads to the same rows");
  await page.getByPlaceholder("Subject").fill("nobody");
  await page.getByText("No results for this filter").waitFor();
  const out = page.getByRole("button", { name: /^\s*Clear/ });
  assert.deepEqual((await out.allInnerTexts()).map((text) => text.trim()), ["Clear Subject: nobody"], "the others would leave rows");
  await look(page, "nothing matches");
  await out.click();
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 2);
  assert.doesNotMatch(page.url(), /subject/);
});

test("a click on a name leaves its events only", async () => {
  await open(page, "/admin/events?outcome=failed");
  await rows().first().getByRole("link", { name: "Notes, too" }).click();
  await page.waitForURL(/client_id=web-post/);
  await rows().getByRole("link", { name: "Notes, too" }).first().waitFor();
});

test("people are named, and only kinds that events have are offered", async () => {
  await open(page, "/admin/events?event=admin");
  assert.equal(await rows().first().getByRole("link").first().innerText(), "root");
  const kinds = await page.getByLabel("Type").locator("option").evaluateAll((all) => all.slice(1).map((one) => one.value));
  const { event_kinds } = await page.evaluate(async () => (await fetch("/admin/api/v1/choices")).json());
  assert.deepEqual(kinds, event_kinds);
  assert.ok(kinds.includes("token") && !kinds.includes("account"), String(kinds));
});

test("live shows what happens as it happens, until it is paused", async () => {
  await open(page, "/admin/events?outcome=failed&client_id=service");
  await page.getByText("No results", { exact: true }).waitFor();
  const listening = page.waitForResponse((answer) => answer.url().includes("/events/stream") && answer.status() === 200);
  await page.getByRole("button", { name: "Live" }).click();
  await listening;
  await refusal("service");
  await rows().first().waitFor();
  assert.equal(await rows().count(), 1);
  await look(page, "live");
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Live" }).waitFor();
  await refusal("service");
  assert.equal(await rows().count(), 1, "paused");
});

test("what is shown is taken away as JSON, as lines of JSON and as CSV", async () => {
  await open(page, "/admin/events?outcome=failed&client_id=service");
  const wanted = await rows().count();
  const take = async (name) => (await downloaded(page, () => page.getByRole("link", { name, exact: true }).click())).bytes.toString();
  assert.equal(JSON.parse(await take("JSON")).length, wanted);
  assert.equal((await take("JSONL")).trim().split("\n").map((line) => JSON.parse(line)).length, wanted);
  assert.equal((await take("CSV")).trim().split("\r\n").length, wanted + 1);
  quiet(page);
});
