// An API and a trusted issuer, from the first to the last click, with what their tokens come to.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { ORIGIN, administrator, look, open, provoked, quiet, settled } from "./lib.mjs";

const API = "https://api.example.com/notes";
const SERVICE = "Basic " + Buffer.from("service:s3cret+for+development").toString("base64");
let page;

const post = (path, fields) => fetch(`${ORIGIN}/api/v1/oauth${path}`, {
  method: "POST", headers: { authorization: SERVICE }, body: new URLSearchParams(fields),
});

before(async () => {
  page = await administrator();
});

test("an API is registered, and says what to put into it", async () => {
  await open(page, "/admin/resources");
  await look(page, "no API");
  await page.getByRole("button", { name: "New API" }).click();
  await page.getByLabel("URI").fill("api.example.com");
  await page.getByRole("button", { name: "Create API" }).click();
  await page.getByText("must be an absolute URI").first().waitFor();
  provoked(page, /422/);
  await look(page, "no URI");
  await page.getByLabel("URI").fill(API);
  await page.getByLabel("Name", { exact: true }).fill("Notes");
  await page.getByRole("button", { name: "Create API" }).click();
  await page.getByRole("heading", { name: "Notes", level: 1 }).waitFor();
  await settled(page);
  await page.getByText("https://api.example.com/.well-known/oauth-protected-resource/notes").waitFor();
  for (const library of ["jose", "pyjwt", "spring-api"]) {
    await page.getByLabel("Library").selectOption(library);
    assert.match(await page.locator("pre.code").first().innerText(), new RegExp(API), library);
  }
  await page.getByRole("link", { name: "Mail to notes" }).waitFor();
  await look(page, "an API");
  await page.getByLabel("Name", { exact: true }).fill("All notes");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "All notes", level: 1 }).waitFor();
  await open(page, "/admin/resources");
  await look(page, "APIs");
});

test("a token for a deleted API counts no more", async () => {
  const { access_token } = await (await post("/token", { grant_type: "client_credentials", scope: "notes:read", resource: API })).json();
  const active = async () => (await (await post("/introspect", { token: access_token })).json()).active;
  assert.equal(await active(), true);
  await open(page, `/admin/resources/${encodeURIComponent(API)}`);
  await page.getByRole("button", { name: "Delete…" }).click();
  await look(page, "sure");
  await page.locator("dialog input").fill("All notes");
  await page.getByRole("button", { name: "Delete API" }).click();
  await page.getByText("No APIs yet").waitFor();
  assert.equal(await active(), false);
});

test("an issuer is trusted, changed and trusted no more", async () => {
  await open(page, "/admin/trusted-issuers");
  await look(page, "no issuer");
  await page.getByRole("button", { name: "New trusted issuer" }).click();
  await page.getByLabel("Issuer (iss)").fill("https://ci.example");
  await page.getByRole("button", { name: "Create trusted issuer" }).click();
  await page.getByText("exactly one of jwks and jwks_uri is required").first().waitFor();
  provoked(page, /422/);
  await page.getByLabel("JWKS URL").fill("https://ci.example/jwks");
  await page.getByLabel("Allowed clients").fill("service");
  await look(page, "a new issuer");
  await page.getByRole("button", { name: "Create trusted issuer" }).click();
  await page.getByRole("heading", { name: "Trusted issuer", level: 1 }).waitFor();
  await settled(page);
  await page.getByLabel("Matches the user's").selectOption("email");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  await settled(page);
  await look(page, "an issuer");
  await open(page, "/admin/trusted-issuers");
  await page.getByText("= email").waitFor();
  await look(page, "issuers");
  await page.getByRole("link", { name: "https://ci.example" }).click();
  await page.getByRole("button", { name: "Delete…" }).click();
  await page.locator("dialog input").fill("https://ci.example");
  await page.getByRole("button", { name: "Delete issuer" }).click();
  await page.getByText("No trusted issuers").waitFor();
  quiet(page);
});
