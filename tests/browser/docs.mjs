// The API description as a page: what it shows, and operations tried as oneself, as a client and with a token.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { ORIGIN, administrator, look, provoked, quiet, visitor } from "./lib.mjs";

let page;
const op = (id) => page.locator(`details#${id}`);

/** Waits for an answer with this status. */
const answered = (id, status) => op(id).getByRole("status").locator("h3 .badge", { hasText: status }).waitFor();

async function unfold(id) {
  await op(id).locator("> summary").focus();
  await page.keyboard.press("Enter");
  await op(id).getByRole("heading", { name: "Send a request" }).waitFor();
}

before(async () => {
  page = await administrator();
  await page.goto(`${ORIGIN}/docs`);
  await page.locator("#filter").waitFor();
});

test("every operation is listed, the admin API's too", async () => {
  const described = await (await fetch(`${ORIGIN}/openapi.json`)).json();
  const methods = ["get", "post", "put", "patch", "delete"];
  const count = Object.values(described.paths).reduce((sum, item) => sum + methods.filter((method) => item[method]).length, 0);
  assert.equal(await page.locator("details.op").count(), count);
  await look(page, "the operations");
});

test("the filter leaves what fits, and says when nothing does", async () => {
  await page.fill("#filter", "/teams");
  await page.locator("details.op", { hasText: "/scopes" }).first().waitFor({ state: "detached" });
  assert.ok((await page.locator("details.op").count()) > 3);
  await page.fill("#filter", "no such thing");
  await page.getByText("No endpoints match").waitFor();
  await look(page, "nothing fits");
  await page.fill("#filter", "");
});

test("the admin API is tried with the session of the admin page, by the keyboard", async () => {
  const id = "admin_get_clients_client_id";
  await unfold(id);
  const send = op(id).getByRole("button", { name: "Send GET" });
  assert.ok(await send.isDisabled());
  await op(id).getByLabel("client_id", { exact: true }).fill("service");
  await page.keyboard.press("Enter");
  await answered(id, "200");
  assert.match(await op(id).getByLabel("Response body").innerText(), /"client_id": "service"/);
  assert.match(await op(id).locator("dl.headers").innerText(), /etag/);
  await page.fill("#filter", "/clients/{client_id}");
  await look(page, "an answer");
});

test("a refusal is shown as it came", async () => {
  const id = "admin_post_scopes";
  await page.fill("#filter", "/scopes");
  await unfold(id);
  await op(id).getByLabel("Body").fill('{"name": "docs:read", "description": "Read"}');
  await op(id).getByRole("button", { name: "Send POST" }).click();
  await answered(id, "201");
  await op(id).getByRole("button", { name: "Send POST" }).click();
  await answered(id, "409");
  provoked(page, /409/);
  await look(page, "a refusal");
});

test("what is deleted is asked about first", async () => {
  const id = "admin_delete_scopes_name";
  await unfold(id);
  await op(id).getByLabel("name", { exact: true }).fill("docs:read");
  await op(id).getByRole("button", { name: "Send DELETE" }).click();
  await look(page, "the question");
  await page.getByRole("dialog").getByRole("button", { name: "Send", exact: true }).click();
  await answered(id, "204");
});

test("the token endpoint is tried with a client's secret, which no copied command has", async () => {
  const id = "token_endpoint_api_v1_oauth_token_post";
  await page.fill("#filter", "");
  await page.fill("#client", "service");
  await page.fill("#secret", "s3cret for development");
  await unfold(id);
  await op(id).getByLabel("Body").fill("grant_type=client_credentials\nscope=notes:read");
  await op(id).getByRole("button", { name: "Send POST" }).click();
  await answered(id, "200");
  const { access_token } = JSON.parse(await op(id).getByLabel("Response body").innerText());
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await op(id).getByRole("button", { name: "Copy as curl" }).click();
  await page.getByText("Replace the variables").waitFor();
  const curl = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(curl, /CLIENT_SECRET/);
  assert.ok(!curl.includes("s3cret"), curl);
  // The token counts in place of the session, and has not the scope.
  await page.fill("#token", access_token);
  await unfold("admin_get_overview");
  await op("admin_get_overview").getByRole("button", { name: "Send GET" }).click();
  await answered("admin_get_overview", "403");
  provoked(page, /403/);
  await page.reload();
  await page.locator("#token").waitFor();
  assert.equal(await page.inputValue("#token"), "");
  assert.equal(await page.inputValue("#secret"), "");
  quiet(page);
});

test("whoever is not signed in can read it, and is refused", async () => {
  page = await visitor();
  await page.goto(`${ORIGIN}/docs`);
  await unfold("admin_get_overview");
  await op("admin_get_overview").getByRole("button", { name: "Send GET" }).click();
  await answered("admin_get_overview", "401");
  provoked(page, /401/);
  quiet(page);
});
