// Flows: a refused sign-in is found, understood and mended, from its error page and from its trace.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { ORIGIN, administrator, downloaded, look, open, provoked, quiet, settled } from "./lib.mjs";

const CALLBACK = "http://localhost:9/callback";
const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
let page;

function request(changes = {}) {
  const query = { response_type: "code", client_id: "spa", redirect_uri: CALLBACK, scope: "openid", state: "a state", code_challenge: CHALLENGE, code_challenge_method: "S256", ...changes };
  return `/api/v1/oauth/authorize?${new URLSearchParams(query)}`;
}

before(async () => {
  page = await administrator({ path: "/admin/traces" });
  await settled(page);
});

test("before the first request the page says what to do", async () => {
  await page.getByText("Waiting for the first request…").waitFor();
  await page.getByText("/.well-known/openid-configuration").waitFor();
  await look(page, "empty");
  const made = await page.evaluate(async () => (await fetch("/admin/api/v1/clients", {
    method: "POST", headers: { "content-type": "application/json" },
    body: JSON.stringify({ client_id: "spa", client_name: "A page", grant_types: ["authorization_code"], redirect_uris: ["https://app.example/callback"], scope: "openid", token_endpoint_auth_method: "none" }),
  })).status);
  assert.equal(made, 201);
});

test("a refused address is understood and mended from its error page, and the sign-in then goes on", async () => {
  await page.goto(ORIGIN + request({ redirect_uri: "https://app.example/callback/" }));
  assert.equal(await page.locator(".compare mark").first().textContent(), "/");
  provoked(page, /400/);
  await look(page, "refused address");
  await page.getByRole("button", { name: "Add redirect URI to A page" }).click();
  await page.getByRole("heading", { name: "Redirect URI added" }).waitFor();
  await look(page, "registered address");
  await page.getByRole("link", { name: "Try again" }).click();
  await page.waitForURL(/\/login\?/);
  quiet(page);
});

test("the list shows it as it happens, and filters stand in the address", async () => {
  await open(page, "/admin/traces");
  await page.getByText("redirect_uri is not registered").waitFor();
  const elsewhere = await fetch(ORIGIN + request({ code_challenge: "short" }), { redirect: "manual", headers: {} });
  assert.equal(elsewhere.status, 400);
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length >= 3);
  await look(page, "list");
  await page.getByLabel("Outcome").selectOption("open");
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
  assert.ok(page.url().endsWith("?outcome=open"));
  await page.getByLabel("Outcome").selectOption("failed");
  await page.getByRole("searchbox").fill("nothing like that");
  await page.getByText("No results", { exact: true }).waitFor();
  quiet(page);
});

test("a trace shows what was sent beside what was expected, and can be taken along", async () => {
  await page.goto(ORIGIN + request({ redirect_uri: "https://app.example/callback2" }));
  provoked(page, /400/);
  await page.getByRole("link", { name: "View trace" }).click();
  await page.getByRole("heading", { name: "Sign-in (code with PKCE)" }).waitFor();
  await settled(page);
  assert.equal(await page.locator(".compare .got mark").textContent(), "2");
  assert.equal(await page.getByText("a state").count(), 0);
  await page.getByRole("link", { name: "RFC 9700 §4.1.3" }).first().waitFor();
  await look(page, "trace");
  const { name, bytes } = await downloaded(page, () => page.getByRole("link", { name: "HAR" }).click());
  assert.match(name, /^trace-[0-9a-f]{32}\.har$/);
  const har = JSON.parse(bytes);
  assert.equal(har.log.entries.length, 1);
  assert.ok(!String(bytes).includes("a+state") && !String(bytes).includes("a state"));
  await page.getByRole("button", { name: /^Add redirect URI for/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Add redirect URI" }).click();
  await page.getByText("Try the request again").waitFor();
  const answer = await fetch(ORIGIN + request({ redirect_uri: "https://app.example/callback2" }), { redirect: "manual" });
  assert.equal(answer.status, 303);
});

test("a refused sign-in is compared with the last one that went well", async () => {
  await open(page, "/admin/trials?client_id=spa");
  await page.click("#trial-begin");
  await page.waitForURL(/\/login\?/);
  await page.fill("#username", "ola");
  await page.fill("#password", "correct horse");
  await page.click("#login-submit");
  await page.waitForURL(/\/consent\?/);
  await page.click("#consent-allow");
  await page.waitForURL(/\/admin\/trials\/[0-9a-f-]+$/);
  await page.goto(ORIGIN + request({ redirect_uri: "https://app.example/nowhere" }));
  provoked(page, /400/);
  await page.getByRole("link", { name: "View trace" }).click();
  await page.getByRole("heading", { name: "Compared with the last successful trace" }).waitFor();
  await look(page, "beside a good one");
  quiet(page);
});

test("a page of an origin that is not registered is seen, and let in", async () => {
  const headers = { origin: "http://localhost:5173" };
  const body = new URLSearchParams({ grant_type: "authorization_code", client_id: "spa", code: "x" });
  const ask = () => fetch(`${ORIGIN}/api/v1/oauth/token`, { method: "POST", headers, body });
  assert.equal((await ask()).headers.get("access-control-allow-origin"), null);
  await open(page, "/admin/traces");
  await page.getByRole("link", { name: "Cross-origin request" }).click();
  await settled(page);
  await page.getByRole("button", { name: /^Allow origin for/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Allow origin" }).click();
  await page.getByText("Added http://localhost:5173").last().waitFor();
  await look(page, "origin");
  assert.equal((await ask()).headers.get("access-control-allow-origin"), "http://localhost:5173");
  quiet(page);
});
