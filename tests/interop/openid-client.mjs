// openid-client 6 (npm), a certified relying party, through the whole surface.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import * as client from "openid-client";

import { Person } from "../lib/person.mjs";

const ISSUER = new URL(process.env.KEYFOB_ISSUER);
const API = `${ISSUER.origin}/api/v1/oauth`;
const insecure = { execute: [client.allowInsecureRequests] };

const discover = async (id, secret, authentication) => {
  const config = await client.discovery(ISSUER, id, secret, authentication, insecure);
  // OIDC Core §3.1.3.7: check the ID token's signature, although it came over the back channel.
  client.enableNonRepudiationChecks(config);
  return config;
};

/** Starts a sign-in, signs the person in, and returns the callback's URL with what it must be checked by. */
async function signIn(config, redirectUri, scope, person = new Person("ola"), extra = {}) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const expectedNonce = client.randomNonce();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope,
    state: expectedState,
    nonce: expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    ...extra,
  });
  const callback = await person.authorize(url);
  return { callback, checks: { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true } };
}

const NATIVE = "http://127.0.0.1:51234/callback";
const WEB = "https://notes.example/callback";
const SECRET = "a secret of the web application";

/** Whether the client refused for a reason that it names: its errors hold the reason as their cause. */
const because = (reason) => (error) => {
  const told = [error, error.cause].map((each) => `${each?.message} ${each?.code}`).join(" ");
  assert.match(told, reason);
  return true;
};

let native, web, service;
before(async () => {
  native = await discover("native", undefined, client.None());
  web = await discover("web", SECRET, client.ClientSecretBasic(SECRET));
  service = await discover("service", undefined, client.ClientSecretBasic("s3cret for development"));
});

test("discovery names this server and what it supports", async () => {
  const server = native.serverMetadata();
  assert.equal(server.issuer, ISSUER.origin);
  assert.ok(server.supportsPKCE());
  assert.equal(server.authorization_response_iss_parameter_supported, true);
  for (const grant of ["authorization_code", "refresh_token", "client_credentials"]) {
    assert.ok(server.grant_types_supported.includes(grant), grant);
  }
});

test("discovery under another name for the same address is noticed", async () => {
  const elsewhere = new URL(ISSUER);
  elsewhere.hostname = "127.0.0.1";
  await assert.rejects(
    client.discovery(elsewhere, "native", undefined, client.None(), insecure),
    { code: "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED" },
  );
});

test("a public client signs a person in, refreshes and revokes", async () => {
  const { callback, checks } = await signIn(native, NATIVE, "openid profile email offline_access");
  const tokens = await client.authorizationCodeGrant(native, callback, checks);
  const claims = tokens.claims();
  assert.equal(claims.sub, "u-ola");
  assert.equal(tokens.expires_in, 3600);

  const user = await client.fetchUserInfo(native, tokens.access_token, claims.sub);
  assert.equal(user.email, "ola@example.com");
  assert.equal(user.name, "Ola Nordmann");
  await assert.rejects(
    client.fetchUserInfo(native, tokens.access_token, "u-kari"),
    { code: "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED" },
  );

  const renewed = await client.refreshTokenGrant(native, tokens.refresh_token);
  assert.notEqual(renewed.refresh_token, tokens.refresh_token);
  assert.equal(renewed.claims().sub, "u-ola");
  assert.equal(renewed.claims().auth_time, claims.auth_time);

  await client.tokenRevocation(native, renewed.refresh_token);
  await assert.rejects(
    client.refreshTokenGrant(native, renewed.refresh_token),
    { code: "OAUTH_RESPONSE_BODY_ERROR", error: "invalid_grant", status: 400 },
  );
  await assert.rejects(client.fetchUserInfo(native, renewed.access_token, "u-ola"), { status: 401 });
});

test("an old refresh token ends the family", async () => {
  const { callback, checks } = await signIn(native, NATIVE, "openid offline_access");
  const first = await client.authorizationCodeGrant(native, callback, checks);
  const second = await client.refreshTokenGrant(native, first.refresh_token);
  const third = await client.refreshTokenGrant(native, second.refresh_token);
  for (const token of [first.refresh_token, third.refresh_token]) {
    await assert.rejects(client.refreshTokenGrant(native, token), { error: "invalid_grant" });
  }
});

test("a web application signs a person in once and is then let through silently", async () => {
  const person = new Person("kari");
  const scope = "openid profile notes:read";
  const first = await signIn(web, WEB, scope, person);
  const { claims } = await client
    .authorizationCodeGrant(web, first.callback, first.checks)
    .then((tokens) => ({ claims: tokens.claims() }));
  const again = await signIn(web, WEB, scope, person, { prompt: "none" });
  const tokens = await client.authorizationCodeGrant(web, again.callback, again.checks);
  assert.equal(tokens.claims().sub, "u-kari");
  assert.equal(tokens.claims().auth_time, claims.auth_time);
});

test("a stranger is told that a sign-in is needed", async () => {
  const { callback, checks } = await signIn(web, WEB, "openid", new Person("ola"), { prompt: "none" });
  await assert.rejects(client.authorizationCodeGrant(web, callback, checks), {
    code: "OAUTH_AUTHORIZATION_RESPONSE_ERROR",
    error: "login_required",
  });
});

test("a spoilt callback is noticed by the client before the code is spent", async () => {
  const { callback, checks } = await signIn(web, WEB, "openid");
  const spoilt = (name, value) => {
    const url = new URL(callback);
    if (value === undefined) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
    return url;
  };
  const rows = [
    ["another state", spoilt("state", "x"), /"state"/],
    ["no state", spoilt("state"), /"state"/],
    ["another iss (RFC 9207)", spoilt("iss", "https://evil.example"), /"iss"/],
    ["no iss", spoilt("iss"), /"iss"/],
  ];
  for (const [name, url, reason] of rows) {
    await assert.rejects(client.authorizationCodeGrant(web, url, checks), because(reason), name);
  }
  const tokens = await client.authorizationCodeGrant(web, callback, checks);
  assert.ok(tokens.access_token);
});

test("a spoilt exchange is noticed by the server or the client", async () => {
  const person = new Person("ola");
  const otherNonce = await signIn(web, WEB, "openid", person);
  await assert.rejects(
    client.authorizationCodeGrant(web, otherNonce.callback, { ...otherNonce.checks, expectedNonce: "x" }),
    because(/"nonce"/),
  );
  const otherVerifier = await signIn(web, WEB, "openid", person);
  await assert.rejects(
    client.authorizationCodeGrant(web, otherVerifier.callback, {
      ...otherVerifier.checks,
      pkceCodeVerifier: client.randomPKCECodeVerifier(),
    }),
    { error: "invalid_grant" },
  );
  const another = await signIn(web, WEB, "openid", person);
  await assert.rejects(client.authorizationCodeGrant(native, another.callback, another.checks), {
    error: "invalid_grant",
  });
});

test("a changed ID token is noticed by its signature", async () => {
  const { callback, checks } = await signIn(web, WEB, "openid");
  const config = await discover("web", SECRET, client.ClientSecretBasic(SECRET));
  config[client.customFetch] = async (...request) => {
    const answer = await fetch(...request);
    if (!String(request[0]).endsWith("/token")) return answer;
    const body = await answer.json();
    const [header, payload, signature] = body.id_token.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url"));
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: "u-root" })).toString("base64url");
    body.id_token = [header, forged, signature].join(".");
    return Response.json(body);
  };
  await assert.rejects(client.authorizationCodeGrant(config, callback, checks), because(/signature/));
});

test("a service gets a token in both ways of proving itself", async () => {
  const tokens = await client.clientCredentialsGrant(service, { scope: "notes:read" });
  assert.equal(tokens.scope, "notes:read");
  assert.equal(tokens.refresh_token, undefined);
  const secret = "another secret: with %signs+";
  const post = await discover("web-post", undefined, client.ClientSecretPost(secret));
  assert.ok((await client.clientCredentialsGrant(post)).access_token);
  const basic = await discover("web-post", undefined, client.ClientSecretBasic(secret));
  assert.ok((await client.clientCredentialsGrant(basic)).access_token);
  const wrong = await discover("service", undefined, client.ClientSecretPost("wrong"));
  await assert.rejects(client.clientCredentialsGrant(wrong), { error: "invalid_client", status: 401 });
  await assert.rejects(client.clientCredentialsGrant(service, { scope: "phone" }), {
    error: "invalid_scope",
  });
});

/** Calls an endpoint of the contract with a bearer token. */
const call = (token, method, path, body) =>
  client.fetchProtectedResource(
    service,
    token,
    new URL(`${API}${path}`),
    method,
    body && JSON.stringify(body),
    new Headers(body && { "content-type": "application/json" }),
  );

test("a service acts for a person, comes back to itself, and all of it ends with its own token", async () => {
  const own = await client.clientCredentialsGrant(service);
  const ask = { sub: "u-ola", team_id: "acme", scopes: ["openid", "profile", "keyfob:principal"] };
  const delegated = await (await call(own.access_token, "POST", "/delegated-token", ask)).json();
  assert.deepEqual(delegated.scope.split(" ").sort(), [...ask.scopes].sort());

  const seen = await client.tokenIntrospection(service, delegated.access_token);
  assert.equal(seen.active, true);
  assert.equal(seen.sub, "u-ola");
  assert.deepEqual(seen.act, { sub: "service" });
  const user = await client.fetchUserInfo(service, delegated.access_token, "u-ola");
  assert.equal(user.given_name, "Ola");

  const back = await (await call(delegated.access_token, "GET", "/principal-token")).json();
  const itself = await client.tokenIntrospection(service, back.access_token);
  assert.equal(itself.sub, "service");
  assert.equal(itself.act, undefined);

  for (const [asked, error] of [
    [{ sub: "u-nobody" }, "invalid_request"],
    [{ sub: "u-root" }, "access_denied"],
    [{ sub: "u-kari", scopes: ["offline_access"] }, "invalid_scope"],
  ]) {
    const refused = await call(own.access_token, "POST", "/delegated-token", asked).then(
      (answer) => answer.json(),
      (refusal) => ({ error: refusal.cause[0].parameters.error }),
    );
    assert.equal(refused.error, error, asked.sub);
  }

  await client.tokenRevocation(service, own.access_token);
  for (const token of [own.access_token, delegated.access_token, back.access_token]) {
    assert.deepEqual(await client.tokenIntrospection(service, token), { active: false });
  }
});
