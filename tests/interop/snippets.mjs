// What the admin page offers to be pasted is what works: each snippet whose library is at hand is run as it
// stands, with this server's values.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { createRemoteJWKSet, jwtVerify } from "jose";
import * as oidc from "openid-client";

import { GROUPS, fitting } from "../../assets/admin/snippets/index.js";
import { Person } from "../lib/person.mjs";

const issuer = process.env.KEYFOB_ISSUER;
const NATIVE = {
  client_id: "native",
  grant_types: ["authorization_code", "refresh_token"],
  token_endpoint_auth_method: "none",
  scope: "openid profile offline_access",
};
const WEB = { ...NATIVE, client_id: "web", token_endpoint_auth_method: "client_secret_basic" };
const SERVICE = {
  client_id: "service",
  grant_types: ["client_credentials"],
  token_endpoint_auth_method: "client_secret_basic",
  scope: "notes:read",
};
const SECRETS = { web: "a secret of the web application", service: "s3cret for development" };
const REDIRECTS = { native: "http://127.0.0.1:51234/callback", web: "https://notes.example/callback" };
const AsyncFunction = (async () => {}).constructor;

// Where a browser puts what is downloaded.
let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "keyfob-snippets-"));
});
after(() => rmSync(folder, { recursive: true }));

/** The text that is offered to this client, as it is with the secret at hand or without. */
function snippet(id, client, secret) {
  const found = fitting(client).flatMap(({ snippets }) => snippets).find((one) => one.id === id);
  assert.ok(found, `${id} is not offered to ${client.client_id}`);
  return found.text({ issuer, client, secret, redirect: REDIRECTS[client.client_id] });
}

const shell = (script, variables = {}) =>
  execFileSync("sh", ["-euc", script], { cwd: folder, encoding: "utf8", env: { ...process.env, ...variables } });
const python = (script, variables = {}) =>
  execFileSync(new URL("../.venv/bin/python", import.meta.url).pathname, ["-c", script], {
    encoding: "utf8",
    env: { ...process.env, ...variables },
  }).trim();

function serviceToken() {
  writeFileSync(join(folder, "service.env"), snippet("env", SERVICE, SECRETS.service));
  return JSON.parse(shell(snippet("curl", SERVICE))).access_token;
}

test("curl with the .env that was downloaded", () => {
  assert.match(serviceToken(), /^eyJ/);
});

for (const client of [NATIVE, WEB]) {
  test(`openid-client, as ${client.client_id}`, async () => {
    const code = snippet("openid-client", client)
      .replace(/^import .*\n/, "")
      .replace(/^\/\/ Store verifier.*$/m, "const callbackUrl = await browse(url)");
    process.env.OIDC_CLIENT_SECRET = SECRETS[client.client_id] ?? "";
    const run = new AsyncFunction("oidc", "browse", `${code}\nreturn tokens`);
    const tokens = await run(oidc, (url) => new Person("ola").authorize(url));
    assert.equal(tokens.claims().sub, "u-ola");
    assert.ok(tokens.refresh_token);
  });
}

test("an API checks the token with jose, and refuses a changed one", async () => {
  const code = snippet("jose", SERVICE).replace(/^import .*\n/, "");
  const run = new AsyncFunction("createRemoteJWKSet", "jwtVerify", "token", `${code}\nreturn payload`);
  const token = serviceToken();
  assert.equal((await run(createRemoteJWKSet, jwtVerify, token)).client_id, "service");
  const [header, , signature] = token.split(".");
  const changed = Buffer.from(JSON.stringify({ iss: issuer, aud: issuer, sub: "somebody" })).toString("base64url");
  await assert.rejects(run(createRemoteJWKSet, jwtVerify, `${header}.${changed}.${signature}`), { code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" });
});

test("an API checks the token with PyJWT", () => {
  const code = snippet("pyjwt", SERVICE);
  const script = `import jwt, os\ntoken = os.environ["TOKEN"]\n${code}\nprint(claims["client_id"])`;
  assert.equal(python(script, { TOKEN: serviceToken() }), "service");
});

test("an API asks with curl", () => {
  const variables = { API_CLIENT_ID: "service", API_CLIENT_SECRET: SECRETS.service, TOKEN: serviceToken() };
  assert.equal(JSON.parse(shell(snippet("introspect", SERVICE), variables)).active, true);
});

for (const client of [NATIVE, WEB]) {
  test(`Authlib, as ${client.client_id}`, () => {
    const script = [
      "import asyncio, os",
      "from authlib.integrations.starlette_client import OAuth",
      "oauth = OAuth()",
      snippet("authlib", client),
      "to = asyncio.run(oauth.keyfob.create_authorization_url('http://127.0.0.1/callback'))['url']",
      "print(to)",
    ].join("\n");
    const url = new URL(python(script, { OIDC_CLIENT_SECRET: SECRETS[client.client_id] ?? "" }));
    assert.equal(url.origin + url.pathname, `${issuer}/api/v1/oauth/authorize`);
    assert.equal(url.searchParams.get("client_id"), client.client_id);
    assert.equal(url.searchParams.get("scope"), client.scope);
    assert.equal(url.searchParams.get("code_challenge_method"), "S256");
  });
}

test(".env is read by a shell", () => {
  const script = `set -a\n${snippet("env", { ...WEB, client_id: "web-post" }, SECRETS.web)}\nprintf %s "$OIDC_CLIENT_ID $OIDC_CLIENT_SECRET $OIDC_ISSUER"`;
  assert.equal(shell(script), `web-post ${SECRETS.web} ${issuer}`);
});

test("no code has the secret written into it, nor a value that is missing", () => {
  for (const client of [NATIVE, WEB, SERVICE]) {
    for (const one of GROUPS.flatMap(({ snippets }) => snippets).filter((each) => each.fits(client))) {
      const text = one.text({ issuer, client, secret: "hush", redirect: REDIRECTS[client.client_id] });
      assert.doesNotMatch(text, /[="':]\s*(undefined|null|NaN)|\[object/, one.id);
      assert.equal(text.includes("hush"), one.id === "env" && client !== NATIVE, one.id);
    }
  }
});
