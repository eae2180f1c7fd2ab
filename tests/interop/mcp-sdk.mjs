// @modelcontextprotocol/sdk (npm): an MCP client that knows nothing but the address of an MCP server. It finds the
// authorization server, registers itself, signs in, and gets tokens for that MCP server alone.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { auth } from "@modelcontextprotocol/sdk/client/auth.js";
import * as oauth from "oauth4webapi";

import { Person } from "../lib/person.mjs";

const ISSUER = process.env.KEYFOB_ISSUER;
const RESOURCE = "http://127.0.0.1:20490/mcp";
const REDIRECT = "http://127.0.0.1:20491/callback";
const insecure = { [oauth.allowInsecureRequests]: true };

let mcp, server;

before(async () => {
  mcp = createServer((request, answer) => {
    if (request.url === "/.well-known/oauth-protected-resource/mcp") {
      const metadata = { resource: RESOURCE, authorization_servers: [ISSUER], scopes_supported: ["mcp:tools", "offline_access"] };
      return answer.setHeader("content-type", "application/json").end(JSON.stringify(metadata));
    }
    answer.writeHead(request.url.startsWith("/.well-known/") ? 404 : 401).end();
  });
  await new Promise((resolve) => mcp.listen(20490, "127.0.0.1", resolve));
  const answer = await oauth.discoveryRequest(new URL(ISSUER), { algorithm: "oauth2", ...insecure });
  server = await oauth.processDiscoveryResponse(new URL(ISSUER), answer);
});

after(() => mcp?.close());

/** What an MCP client keeps between two steps. */
class Kept {
  redirectUrl = REDIRECT;
  clientMetadata = {
    client_name: "An MCP client",
    redirect_uris: [REDIRECT],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  };
  clientInformation = () => this.client;
  saveClientInformation = (client) => void (this.client = client);
  tokens = () => this.saved;
  saveTokens = (tokens) => void (this.saved = tokens);
  redirectToAuthorization = (url) => void (this.url = url);
  saveCodeVerifier = (verifier) => void (this.verifier = verifier);
  codeVerifier = () => this.verifier;
  state = () => (this.sent = oauth.generateRandomState());
}

async function connected() {
  const kept = new Kept();
  const ask = { serverUrl: RESOURCE, scope: "mcp:tools offline_access" };
  assert.equal(await auth(kept, ask), "REDIRECT");
  assert.equal(kept.url.searchParams.get("resource"), RESOURCE);
  const back = await new Person("ola").authorize(kept.url);
  assert.equal(back.searchParams.get("state"), kept.sent);
  assert.equal(back.searchParams.get("iss"), ISSUER);
  assert.equal(await auth(kept, { ...ask, authorizationCode: back.searchParams.get("code") }), "AUTHORIZED");
  return kept;
}

const bearer = (token) => new Request(RESOURCE, { headers: { authorization: `Bearer ${token}` } });

test("it registers, signs in and gets a token for this MCP server and no other", async () => {
  const kept = await connected();
  assert.ok(kept.client.client_id);
  assert.equal(kept.client.client_secret, undefined);
  const claims = await oauth.validateJwtAccessToken(server, bearer(kept.saved.access_token), RESOURCE, insecure);
  assert.equal(claims.sub, "u-ola");
  assert.equal(claims.client_id, kept.client.client_id);
  assert.match(claims.scope, /mcp:tools/);
  await assert.rejects(oauth.validateJwtAccessToken(server, bearer(kept.saved.access_token), ISSUER, insecure));
});

test("it refreshes, for the same MCP server", async () => {
  const kept = await connected();
  const before = kept.saved;
  assert.ok(before.refresh_token);
  assert.equal(await auth(kept, { serverUrl: RESOURCE }), "AUTHORIZED");
  assert.notEqual(kept.saved.access_token, before.access_token);
  await oauth.validateJwtAccessToken(server, bearer(kept.saved.access_token), RESOURCE, insecure);
});

test("it asks for more when it needs more", async () => {
  const kept = await connected();
  kept.saved = undefined;
  const ask = { serverUrl: RESOURCE, scope: "mcp:tools mcp:admin" };
  assert.equal(await auth(kept, ask), "REDIRECT");
  const back = await new Person("ola").authorize(kept.url);
  await auth(kept, { ...ask, authorizationCode: back.searchParams.get("code") });
  const claims = await oauth.validateJwtAccessToken(server, bearer(kept.saved.access_token), RESOURCE, insecure);
  assert.match(claims.scope, /mcp:admin/);
});

test("a code that is not the server's, and an authorization server that is not the resource's, are refused", async () => {
  const kept = await connected();
  kept.saved = undefined;
  await assert.rejects(auth(kept, { serverUrl: RESOURCE, authorizationCode: "made-up" }));
  await assert.rejects(auth(new Kept(), { serverUrl: "http://127.0.0.1:20490/another" }));
});
