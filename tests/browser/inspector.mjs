// The token inspector: every reason for which a token does not count, and the chain of who acts for whom.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { ORIGIN, administrator, look, open, provoked, quiet } from "./lib.mjs";

const SERVICE = "Basic " + Buffer.from("service:s3cret+for+development").toString("base64");
let page;

async function post(path, authorization, fields) {
  const answer = await fetch(`${ORIGIN}/api/v1/oauth${path}`, {
    method: "POST", headers: { authorization }, body: new URLSearchParams(fields),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

/** Waits for the verdict on what was pasted: the names of the checks that failed. */
async function verdict(token, expected) {
  await page.locator("#token").fill("");
  await page.getByText(/This token (counts|does not count)/).waitFor({ state: "detached" });
  await page.locator("#token").fill(token);
  await page.getByText(expected ? "Token is valid." : "Token is not valid.").waitFor();
  return page.locator("li", { hasText: "failed" }).locator("b").allInnerTexts();
}

before(async () => {
  page = await administrator();
  await open(page, "/admin/inspector");
});

test("a token of this server counts", async () => {
  const { access_token } = await post("/token", SERVICE, { grant_type: "client_credentials", scope: "notes:read" });
  assert.deepEqual(await verdict(access_token, true), []);
  await look(page, "a token that counts");
});

test("a token pasted into the palette is inspected, and is in no address", async () => {
  const { access_token } = await post("/token", SERVICE, { grant_type: "client_credentials" });
  const addresses = [];
  page.on("request", (request) => addresses.push(request.url()));
  for (const from of ["/admin/keys", "/admin/inspector"]) {
    await open(page, from);
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").getByRole("combobox").fill(` ${access_token}`);
    await page.getByRole("option", { name: "Inspect this token" }).waitFor();
    await page.getByRole("dialog").getByRole("combobox").press("Enter");
    await page.getByText("Token is valid.").waitFor();
    assert.equal(await page.locator("#token").inputValue(), access_token);
    assert.equal(new URL(page.url()).pathname, "/admin/inspector");
  }
  const signature = access_token.split(".")[2];
  assert.deepEqual(addresses.filter((address) => address.includes(signature)), []);
});

test("what differs between two tokens stands side by side", async () => {
  const [one, two] = await Promise.all(["notes:read", "profile"].map((scope) => post("/token", SERVICE, { grant_type: "client_credentials", scope })));
  await verdict(one.access_token, true);
  await page.locator("#other").fill(two.access_token);
  const rows = page.locator("[aria-label='Differences'] tbody tr");
  await rows.first().waitFor();
  const told = (await rows.allInnerTexts()).map((row) => row.split(/\s+/));
  assert.deepEqual(told.find(([name]) => name === "scope").slice(-2), ["notes:read", "profile"]);
  assert.ok(!told.some(([name]) => name === "iss"), "what is the same is left out");
  await look(page, "beside another");
  await page.locator("#other").fill(one.access_token);
  await page.getByText("Header and claims are identical.").waitFor();
});

test("a changed token is told by its signature, and what it says is shown all the same", async () => {
  const { access_token } = await post("/token", SERVICE, { grant_type: "client_credentials" });
  const [header, claims, signature] = access_token.split(".");
  const changed = JSON.parse(Buffer.from(claims, "base64url"));
  changed.sub = "u-root";
  const token = [header, Buffer.from(JSON.stringify(changed)).toString("base64url"), signature].join(".");
  assert.ok((await verdict(token, false)).includes("signature"));
  await page.getByText("u-root").first().waitFor();
  await look(page, "a changed token");
});

test("a token of another server is told by its issuer and key", async () => {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const token = [part({ alg: "ES256", typ: "at+jwt", kid: "theirs" }), part({ iss: "https://elsewhere.example", sub: "x", aud: "y", exp: 1 }), "AAAA"].join(".");
  const failed = await verdict(token, false);
  for (const name of ["signature", "iss", "exp"]) assert.ok(failed.includes(name), `${name} of ${failed}`);
  await look(page, "a token of another server");
});

test("what is no token at all is said to be none", async () => {
  await page.locator("#token").fill("not a token");
  assert.match(await page.getByRole("alert").innerText(), /token/);
  provoked(page, /40[04]|422/);
  await look(page, "no token");
  quiet(page);
});
