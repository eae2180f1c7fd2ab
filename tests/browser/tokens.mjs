// Sessions & tokens, and Delegations: what is in use is found, understood and ended; what was ended is dead.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { ORIGIN, administrator, look, open, quiet } from "./lib.mjs";

let page;
const rows = () => page.locator("tbody tr");
const SERVICE = { authorization: `Basic ${btoa("service:s3cret+for+development")}` };

async function send(path, body, headers) {
  const answer = await fetch(`${ORIGIN}/api/v1/oauth/${path}`, { method: "POST", body, headers });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

/** A token of the service itself. */
const ofService = async () => (await send("token", new URLSearchParams({ grant_type: "client_credentials" }), SERVICE)).access_token;

/** One with which it acts for a user. */
async function acting(sub) {
  const headers = { authorization: `Bearer ${await ofService()}`, "content-type": "application/json" };
  return (await send("delegated-token", JSON.stringify({ sub, scopes: ["openid", "profile"] }), headers)).access_token;
}

const userinfo = async (token) => (await fetch(`${ORIGIN}/api/v1/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status;
const agree = (name) => page.locator("dialog").getByRole("button", { name }).click();
const said = (text) => page.getByText(text).first().waitFor();

before(async () => {
  page = await administrator();
});

test("a token is found by its user and ended, and is dead", async () => {
  const token = await acting("u-ola");
  assert.equal(await userinfo(token), 200);
  await open(page, "/admin/tokens");
  await look(page, "tokens");
  await page.getByPlaceholder("User", { exact: true }).fill("ola");
  await page.waitForURL(/sub=ola/);
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
  await rows().first().getByRole("button", { name: "Revoke" }).click();
  await said("Token revoked");
  await rows().getByText("Revoked").waitFor();
  assert.equal(await userinfo(token), 401);
  await page.getByLabel("State").selectOption("active");
  await page.getByText("No results", { exact: true }).waitFor();
  await look(page, "no token matches");
});

test("grants and browsers have a tab of their own", async () => {
  for (const tab of ["grants", "sessions"]) {
    await open(page, `/admin/tokens/${tab}`);
    await look(page, tab);
  }
  await page.getByPlaceholder("User", { exact: true }).fill("nobody");
  await page.getByText("No results", { exact: true }).waitFor();
});

test("the ledger draws the chain, and ends all that one acts in", async () => {
  const [ola, kari] = [await acting("u-ola"), await acting("u-kari")];
  await open(page, "/admin/delegations?state=active");
  assert.match(await rows().first().innerText(), /kari[\s\S]*service/);
  await look(page, "ledger");
  await rows().first().getByRole("button", { name: "Revoke…" }).click();
  await page.getByLabel("All tokens in which service is an actor").check();
  await look(page, "revoking delegated tokens");
  await agree("Revoke tokens");
  await said(/tokens revoked/);
  assert.deepEqual([await userinfo(ola), await userinfo(kari)], [401, 401]);
});

test("the ledger ends all that is done for one", async () => {
  const [ola, kari] = [await acting("u-ola"), await acting("u-kari")];
  await open(page, "/admin/delegations?state=active&sub=ola");
  await rows().first().getByRole("button", { name: "Revoke…" }).click();
  await page.getByLabel("All tokens that act for ola").check();
  await agree("Revoke tokens");
  await said("1 token revoked.");
  assert.deepEqual([await userinfo(ola), await userinfo(kari)], [401, 200]);
});

test("the policy is shown, and says who could act for somebody and why", async () => {
  await open(page, "/admin/delegations/policy");
  await look(page, "policy");
  await page.getByLabel("Username or sub").fill("ola");
  await page.getByRole("button", { name: "Check" }).click();
  const answers = page.getByRole("table", { name: "Who can act for ola" });
  await answers.getByText("Mail to notes").first().waitFor();
  assert.match(await answers.innerText(), /Server administrator/);
  await look(page, "simulated");
});

test("for whom a service may act is changed in the policy, and holds", async () => {
  const body = JSON.stringify({ client_id: "mailer", grant_types: ["client_credentials"], scope: "openid keyfob:delegate", token_endpoint_auth_method: "client_secret_basic" });
  const made = await page.evaluate(async (body) => {
    const answer = await fetch("/admin/api/v1/clients", { method: "POST", body, headers: { "content-type": "application/json" } });
    return answer.status;
  }, body);
  assert.equal(made, 201);
  const whom = async () => {
    await open(page, "/admin/delegations/policy?for=ola");
    return page.getByRole("row", { name: /^mailer/ }).first().innerText();
  };
  assert.match(await whom(), /Any user/);
  await page.getByRole("row", { name: /^mailer/ }).first().getByRole("button", { name: "Edit…" }).click();
  await page.getByLabel("Can act for", { exact: true }).selectOption("nobody");
  await look(page, "for whom");
  await page.getByRole("button", { name: "Save" }).click();
  await said("Saved. Applies immediately");
  assert.match(await whom(), /No one/);
  const answers = page.getByRole("table", { name: "Who can act for ola" });
  assert.match(await answers.getByRole("row", { name: /^mailer/ }).first().innerText(), /No[\s\S]*delegation_teams/);
});

test("a client and a user show what is theirs, and all of a client is ended", async () => {
  for (const path of ["clients/service/grants", "clients/service/tokens", "clients/service/activity", "users/u-ola/grants", "users/u-ola/tokens"]) {
    await open(page, `/admin/${path}`);
    await look(page, path);
  }
  const token = await acting("u-kari");
  await open(page, "/admin/clients/service/tokens");
  await page.getByRole("button", { name: "Revoke all tokens…" }).click();
  await agree("Revoke all");
  await said("All grants and tokens of this client revoked.");
  assert.equal(await userinfo(token), 401);
  quiet(page);
});

test("a team shows what its id means in a token", async () => {
  await open(page, "/admin/teams/acme");
  await page.getByText('"team_id"').first().waitFor();
  await look(page, "team");
});
