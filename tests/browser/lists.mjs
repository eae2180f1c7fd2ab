// What every list can do, over the page alone: sorted with the keyboard, had as a file, its ids copied, its filters
// saved; an API that is deleted by mistake, and a device that is denied.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ORIGIN, administrator, downloaded, look, open, provoked, quiet, settled } from "./lib.mjs";

let page;
const rows = () => page.locator("tbody tr");
const column = async (n) => (await page.locator(`tbody tr td:nth-child(${n})`).allInnerTexts()).map((text) => text.trim());
const sorted = (sort) => page.waitForResponse((answer) => answer.url().includes(`sort=${sort}`) && answer.ok());

async function ask(method, path, body) {
  return page.evaluate(async ([method, path, body]) => {
    const answer = await fetch(`/admin/api/v1${path}`, { method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body) });
    return { status: answer.status, body: await answer.json().catch(() => null) };
  }, [method, path, body]);
}

test.before(async () => {
  page = await administrator();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  for (const [id, name] of [["t1", "Zebra"], ["t2", "apple"], ["t3", "Mango"]]) {
    assert.equal((await ask("POST", "/teams", { id, name })).status, 201);
  }
});

test("a list is sorted by its titles, with the keyboard alone, and the order stands in the address", async () => {
  await open(page, "/admin/teams");
  const by = (name) => page.getByRole("columnheader", { name });
  assert.equal(await by("ID").getAttribute("aria-sort"), "ascending", "as the server orders it when nothing is chosen");
  assert.equal(await by("Name").getAttribute("aria-sort"), null);
  const ids = await column(2);
  assert.deepEqual(ids, [...ids].sort());
  const button = page.getByRole("button", { name: "Name" });
  let answer = sorted("name");
  await button.focus();
  await page.keyboard.press("Enter");
  await answer;
  await page.waitForURL(/sort=name/);
  await settled(page);
  assert.equal(await by("Name").getAttribute("aria-sort"), "ascending");
  const wanted = (await column(1)).map((name) => name.toLowerCase());
  assert.deepEqual(wanted, [...wanted].sort());
  answer = sorted("-name");
  await button.press("Space");
  await answer;
  await settled(page);
  assert.equal(await by("Name").getAttribute("aria-sort"), "descending");
  assert.deepEqual((await column(1)).map((name) => name.toLowerCase()), [...wanted].reverse());
  await look(page, "teams by name");
  await open(page, page.url().slice(ORIGIN.length));
  assert.deepEqual((await column(1)).map((name) => name.toLowerCase()), [...wanted].reverse(), "the address alone leads to the same order");
  await open(page, "/admin/teams?sort=height");
  await page.getByText("must be one of id, -id, name, -name").waitFor();
  provoked(page, /422/);
  await page.getByRole("button", { name: "Try again" }).click();
  await rows().first().waitFor();
});

test("every list can be sorted, has its file, and copies the id of a row", async () => {
  const places = ["clients", "users", "teams", "scopes", "resources", "keys", "events", "tokens", "tokens/grants", "tokens/sessions", "tokens/devices", "delegations", "traces", "trusted-issuers"];
  await ask("POST", "/resources", { uri: "https://lists.example/", name: "Lists" });
  await ask("POST", "/trusted-issuers", { issuer: "https://idp.example", jwks_uri: "https://idp.example/jwks" });
  const empty = [];
  for (const place of places) {
    await open(page, `/admin/${place}`);
    const files = page.locator(".list .bar a[download]");
    assert.ok(await files.count() > 0, `${place} has no file`);
    const { name, bytes } = await downloaded(page, () => files.first().click());
    assert.match(name, /^[a-z-]+-\d{4}-\d\d-\d\d\.json$/, place);
    const found = JSON.parse(bytes);
    if (found.length === 0) { empty.push(place); continue; }
    assert.ok(await page.locator("th[aria-sort]").count() === 1, `${place} does not say how it is sorted`);
    const button = rows().first().getByRole("button", { name: /^Copy / });
    await button.press("Enter");
    const id = (await button.getAttribute("aria-label")).slice("Copy ".length);
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), id, place);
    assert.ok(Object.values(found[0]).includes(id) || place === "scopes" || found.some((one) => Object.values(one).includes(id)), `${place}: ${id}`);
  }
  assert.ok(empty.every((place) => ["tokens", "tokens/grants", "tokens/sessions", "tokens/devices", "delegations", "traces"].includes(place)), String(empty));
  quiet(page);
});

test("a browser without a clipboard of its own copies an id all the same", async () => {
  await open(page, "/admin/teams");
  await page.evaluate(() => {
    Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true });
    document.execCommand = () => { window.copied = document.activeElement.value; return true; };
  });
  await rows().first().getByRole("button", { name: /^Copy / }).click();
  await page.getByText("ID copied.").waitFor();
  assert.equal(await page.evaluate(() => window.copied), "acme");
});

test("the file of a list holds what is shown, as it is filtered and sorted", async () => {
  await open(page, "/admin/teams?q=t&sort=-name");
  const shown = await column(2);
  assert.deepEqual(shown, ["t1", "t3", "t2"]);
  const { name, bytes } = await downloaded(page, () => page.getByRole("link", { name: "JSON", exact: true }).click());
  assert.match(name, /^teams-/);
  assert.deepEqual(JSON.parse(bytes).map((team) => team.id), shown);
  await open(page, "/admin/events?event=team&sort=created");
  const events = await rows().count();
  const file = await downloaded(page, () => page.getByRole("link", { name: "JSONL" }).click());
  const lines = file.bytes.toString().trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(lines.length, events);
  assert.ok(lines[0].at <= lines.at(-1).at && lines.every((one) => one.event.startsWith("team.")));
});

test("filters of the events are saved under a name, and lead back", async () => {
  await open(page, "/admin/events?event=team&outcome=ok&sort=created");
  await page.getByRole("button", { name: "Save filter" }).click();
  await page.getByLabel("Filter name").fill("New teams");
  await look(page, "naming filters");
  await page.keyboard.press("Enter");
  const kept = await page.evaluate(() => JSON.parse(localStorage.getItem("keyfob.filters.events")));
  assert.deepEqual(kept, [{ name: "New teams", query: { event: "team", outcome: "ok" } }]);
  await open(page, "/admin/events");
  await look(page, "saved filters");
  await page.getByRole("link", { name: "New teams" }).click();
  await page.waitForURL(/event=team&outcome=ok/);
  await page.getByRole("button", { name: "Delete saved filter New teams" }).click();
  assert.equal(await page.getByRole("link", { name: "New teams" }).count(), 0);
  await open(page, "/admin/events");
  assert.equal(await page.getByRole("link", { name: "New teams" }).count(), 0);
  assert.equal(await page.locator(".saved").count(), 0);
});

test("an API and an issuer that were deleted by mistake are brought back", async () => {
  for (const [place, id, name, kind] of [["resources", "https://undo.example/", "Undo me", "API"], ["trusted-issuers", "https://idp.example", "https://idp.example", "issuer"]]) {
    if (kind === "API") await ask("POST", "/resources", { uri: id, name });
    await open(page, `/admin/${place}/${encodeURIComponent(id)}`);
    await page.getByRole("button", { name: "Delete…" }).click();
    await page.getByText(/ stays? revoked\./).waitFor();
    await page.locator("dialog input").fill(name);
    await page.getByRole("button", { name: `Delete ${kind}` }).click();
    await page.waitForURL(new RegExp(`/admin/${place}$`));
    await settled(page);
    assert.equal(await page.getByRole("link", { name }).count(), 0, `${name} is gone`);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText(/^Restored .* stay revoked\./).last().waitFor();
    await page.waitForURL(new RegExp(encodeURIComponent(id).replaceAll(".", "\\.")));
    await settled(page);
    assert.equal((await ask("GET", `/${place}/${encodeURIComponent(id)}`)).status, 200);
  }
  await look(page, "restored issuer");
});

test("a device that waits is seen, and denied", async () => {
  const DEVICE = "urn:ietf:params:oauth:grant-type:device_code";
  await ask("POST", "/clients", { client_id: "tv", client_name: "Television", grant_types: [DEVICE], token_endpoint_auth_method: "none", scope: "openid" });
  await open(page, "/admin/tokens/devices");
  await page.getByText("No pending devices").waitFor();
  const asked = await fetch(`${ORIGIN}/api/v1/oauth/device_authorization`, { method: "POST", body: new URLSearchParams({ client_id: "tv", scope: "openid" }) });
  const { device_code } = await asked.json();
  await open(page, "/admin/tokens/devices");
  assert.equal(await rows().count(), 1);
  await page.getByText("Waiting for user").waitFor();
  await look(page, "devices");
  await page.getByRole("button", { name: "Deny…" }).click();
  await page.getByRole("button", { name: "Deny device" }).click();
  await page.getByText("No pending devices").waitFor();
  const answer = await fetch(`${ORIGIN}/api/v1/oauth/token`, { method: "POST", body: new URLSearchParams({ grant_type: DEVICE, client_id: "tv", device_code }) });
  assert.equal((await answer.json()).error, "access_denied");
  quiet(page);
});

test("who is declared in the file keeps the role that it says", async () => {
  await open(page, "/admin/teams/acme");
  const select = page.getByLabel("Role of ola");
  assert.equal(await select.isDisabled(), true);
  assert.equal(await page.getByRole("button", { name: "Remove" }).count(), 0);
  await look(page, "team of the file");
});
