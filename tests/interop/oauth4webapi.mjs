// oauth4webapi 3 (npm): every message one by one, and the answers as they stand on the wire.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import * as oauth from "oauth4webapi";

import { Person } from "../lib/person.mjs";

const ISSUER = new URL(process.env.KEYFOB_ISSUER);
const insecure = { [oauth.allowInsecureRequests]: true };
const NATIVE = { client_id: "native" };
const SERVICE = { client_id: "service" };
const REDIRECT = "http://127.0.0.1:20404/callback";
const proof = () => oauth.ClientSecretPost("s3cret for development");

let server;
before(async () => {
  const answer = await oauth.discoveryRequest(ISSUER, { algorithm: "oauth2", ...insecure });
  server = await oauth.processDiscoveryResponse(ISSUER, answer);
});

async function callback(person, { verifier, state, nonce }) {
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: NATIVE.client_id,
    redirect_uri: REDIRECT,
    response_type: "code",
    scope: "openid email offline_access",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  });
  return person.authorize(url);
}

async function exchange(parameters, verifier) {
  return oauth.authorizationCodeGrantRequest(
    server,
    NATIVE,
    oauth.None(),
    parameters,
    REDIRECT,
    verifier,
    insecure,
  );
}

test("both metadata documents say the same", async () => {
  const answer = await oauth.discoveryRequest(ISSUER, { algorithm: "oidc", ...insecure });
  assert.deepEqual(await oauth.processDiscoveryResponse(ISSUER, answer), server);
});

test("code, ID token, access token, refresh and revocation hold against the key set", async () => {
  const asked = {
    verifier: oauth.generateRandomCodeVerifier(),
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
  };
  const back = await callback(new Person("ola"), asked);
  const parameters = oauth.validateAuthResponse(server, NATIVE, back, asked.state);
  const answer = await exchange(parameters, asked.verifier);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  assert.equal(answer.headers.get("pragma"), "no-cache");
  const tokens = await oauth.processAuthorizationCodeResponse(server, NATIVE, answer, {
    expectedNonce: asked.nonce,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(server, answer, insecure);

  // RFC 9068 §4, as a resource server checks it.
  const request = new Request("https://api.example/", {
    headers: { authorization: `Bearer ${tokens.access_token}` },
  });
  const claims = await oauth.validateJwtAccessToken(server, request, ISSUER.origin, insecure);
  assert.equal(claims.sub, "u-ola");
  assert.equal(claims.client_id, "native");
  await assert.rejects(oauth.validateJwtAccessToken(server, request, "https://other.example", insecure));

  const info = await oauth.userInfoRequest(server, NATIVE, tokens.access_token, insecure);
  const user = await oauth.processUserInfoResponse(server, NATIVE, "u-ola", info);
  assert.equal(user.email, "ola@example.com");
  assert.equal(user.name, "u-ola", "the scope profile was not asked for");

  const refreshed = await oauth.processRefreshTokenResponse(
    server,
    NATIVE,
    await oauth.refreshTokenGrantRequest(server, NATIVE, oauth.None(), tokens.refresh_token, insecure),
  );
  // RFC 6749 §4.1.2: the same code again, although it was spent long ago.
  const again = await exchange(parameters, asked.verifier);
  assert.equal(again.status, 400);
  await assert.rejects(oauth.processAuthorizationCodeResponse(server, NATIVE, again), {
    error: "invalid_grant",
  });
  const dead = await oauth.userInfoRequest(server, NATIVE, refreshed.access_token, insecure);
  await assert.rejects(oauth.processUserInfoResponse(server, NATIVE, "u-ola", dead), {
    code: oauth.WWW_AUTHENTICATE_CHALLENGE,
    status: 401,
  });
});

test("a callback of another request or another server is refused", async () => {
  const asked = {
    verifier: oauth.generateRandomCodeVerifier(),
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
  };
  const back = await callback(new Person("kari"), asked);
  assert.throws(() => oauth.validateAuthResponse(server, NATIVE, back, oauth.generateRandomState()));
  const foreign = new URL(back);
  foreign.searchParams.set("iss", "https://evil.example");
  assert.throws(() => oauth.validateAuthResponse(server, NATIVE, foreign, asked.state));
  const parameters = oauth.validateAuthResponse(server, NATIVE, back, asked.state);
  const answer = await exchange(parameters, asked.verifier);
  await assert.rejects(
    oauth.processAuthorizationCodeResponse(server, NATIVE, answer, { expectedNonce: oauth.generateRandomNonce() }),
    /nonce/,
  );
});

test("a person who says no is a refusal to the client", async () => {
  const state = oauth.generateRandomState();
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: NATIVE.client_id,
    redirect_uri: REDIRECT,
    response_type: "code",
    scope: "notes:read",
    code_challenge: await oauth.calculatePKCECodeChallenge(oauth.generateRandomCodeVerifier()),
    code_challenge_method: "S256",
    state,
  });
  const back = await new Person("kari").authorize(url, { decision: "deny" });
  assert.throws(() => oauth.validateAuthResponse(server, NATIVE, back, state), {
    code: oauth.AUTHORIZATION_RESPONSE_ERROR,
    error: "access_denied",
  });
});

test("introspection and revocation of a service's token", async () => {
  const answer = await oauth.clientCredentialsGrantRequest(server, SERVICE, proof(), { scope: "notes:read" }, insecure);
  const { access_token } = await oauth.processClientCredentialsResponse(server, SERVICE, answer);
  const introspect = async (token) =>
    oauth.processIntrospectionResponse(
      server,
      SERVICE,
      await oauth.introspectionRequest(server, SERVICE, proof(), token, insecure),
    );
  const seen = await introspect(access_token);
  assert.equal(seen.active, true);
  assert.equal(seen.client_id, "service");
  assert.deepEqual(await introspect("unknown"), { active: false });
  const revoked = await oauth.revocationRequest(server, SERVICE, proof(), access_token, insecure);
  assert.equal(await oauth.processRevocationResponse(revoked), undefined);
  assert.deepEqual(await introspect(access_token), { active: false });
  const stranger = await oauth.introspectionRequest(server, SERVICE, oauth.ClientSecretPost("x"), access_token, insecure);
  await assert.rejects(oauth.processIntrospectionResponse(server, SERVICE, stranger), { status: 401 });
});
