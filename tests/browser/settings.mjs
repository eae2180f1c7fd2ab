// The settings, as the page shows them and as the command line does.

import assert from "node:assert/strict";
import { test } from "node:test";

import { administrator, anotherServer, look, open } from "./lib.mjs";

const STATE = `
session_lifetime = "3d"

[[user]]
username = "new"
password = "a password of the new server"
admin = true
`;

test("each value says whether a flag, a variable, the file or nobody said it", async () => {
  const server = await anotherServer({ state: STATE, args: ["--access-token-lifetime", "7m"], variables: { KEYFOB_DPOP_NONCE: "true" } });
  const page = await administrator({ origin: server.origin, username: "new", password: "a password of the new server" });
  await open(page, "/admin/settings");
  const row = async (key) => {
    const cells = page.locator("tr", { has: page.getByText(key, { exact: true }) }).locator("td");
    return [await cells.nth(1).innerText(), await cells.nth(2).innerText()];
  };
  assert.deepEqual(await row("access_token_lifetime"), ["7m", "--access-token-lifetime"]);
  assert.deepEqual(await row("dpop_nonce"), ["true", "KEYFOB_DPOP_NONCE"]);
  const [value, origin] = await row("session_lifetime");
  assert.equal(value, "3d");
  assert.match(origin, /keyfob\.toml:2$/);
  assert.deepEqual(await row("id_token_lifetime"), ["1h", "default"]);
  assert.deepEqual(await row("tls_cert"), ["not set", "default"]);
  await look(page, "settings");
});
