// oauth4webapi 3 (npm): what goes beyond the core. PAR, private_key_jwt, DPoP with the server's nonce, the device
// flow, introspection, revocation and RP-initiated logout.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import * as oauth from "oauth4webapi";

import { Person } from "../lib/person.mjs";

const ISSUER = new URL(process.env.KEYFOB_ISSUER);
const insecure = { [oauth.allowInsecureRequests]: true };
const KEYED = { client_id: "keyed" };
const TELEVISION = { client_id: "television" };
const REDIRECT = "https://keyed.example/callback";

// The other half of the key in extensions.toml. It opens nothing but this suite's server.
const JWK = {kty: "EC", crv: "P-256", x: "uRfT2_9B6-kdKqb83-ja0joCYWZd0-miIcarASNPzgs", y: "QFSK8qxjbx2PGK3lpn3tE4yC7O6XKz9SXZ06Q4NOGsU", d: "5FesKK_UjtpgJE2poVlZbGUyya4BZeaf_81ZBeVaCGY"};

let server, key, proof;
before(async () => {
  const answer = await oauth.discoveryRequest(ISSUER, { algorithm: "oauth2", ...insecure });
  server = await oauth.processDiscoveryResponse(ISSUER, answer);
  key = await crypto.subtle.importKey("jwk", JWK, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
  proof = oauth.PrivateKeyJwt({ key, kid: "test-1" });
});

/** A request that the server may answer once with a nonce to use (RFC 9449 §8). */
async function withNonce(send, read) {
  let retries = 0;
  for (;;) {
    try {
      return { result: await read(await send()), retries };
    } catch (error) {
      if (!oauth.isDPoPNonceError(error) || retries === 1) throw error;
      retries += 1;
    }
  }
}

async function push(asked, DPoP) {
  const parameters = {
    client_id: KEYED.client_id,
    redirect_uri: REDIRECT,
    response_type: "code",
    scope: "openid email offline_access",
    code_challenge: await oauth.calculatePKCECodeChallenge(asked.verifier),
    code_challenge_method: "S256",
    state: asked.state,
    nonce: asked.nonce,
  };
  const send = () => oauth.pushedAuthorizationRequest(server, KEYED, proof, parameters, { DPoP, ...insecure });
  const { result } = await withNonce(send, (answer) => oauth.processPushedAuthorizationResponse(server, KEYED, answer));
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({ client_id: KEYED.client_id, request_uri: result.request_uri });
  return url;
}

async function signIn() {
  const asked = {
    verifier: oauth.generateRandomCodeVerifier(),
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
  };
  const DPoP = oauth.DPoP(KEYED, await oauth.generateKeyPair("ES256"));
  const person = new Person("ola");
  const back = await person.authorize(await push(asked, DPoP));
  const parameters = oauth.validateAuthResponse(server, KEYED, back, asked.state);
  const send = () =>
    oauth.authorizationCodeGrantRequest(server, KEYED, proof, parameters, REDIRECT, asked.verifier, { DPoP, ...insecure });
  const { result: tokens, retries } = await withNonce(send, (answer) =>
    oauth.processAuthorizationCodeResponse(server, KEYED, answer, { expectedNonce: asked.nonce, requireIdToken: true }),
  );
  return { DPoP, person, tokens, retries };
}

test("a pushed request, a key instead of a secret, and a token bound to another key", async () => {
  const { DPoP, tokens } = await signIn();
  assert.equal(tokens.token_type, "dpop");

  const ask = () => oauth.userInfoRequest(server, KEYED, tokens.access_token, { DPoP, ...insecure });
  const { result: user } = await withNonce(ask, (answer) => oauth.processUserInfoResponse(server, KEYED, "u-ola", answer));
  assert.equal(user.email, "ola@example.com");

  // RFC 9449 §7.1: not as a bearer token, and not with a key of somebody else.
  const bearer = await oauth.userInfoRequest(server, KEYED, tokens.access_token, insecure);
  assert.equal(bearer.status, 401);
  const stranger = oauth.DPoP(KEYED, await oauth.generateKeyPair("ES256"));
  const stolen = () => oauth.userInfoRequest(server, KEYED, tokens.access_token, { DPoP: stranger, ...insecure });
  await assert.rejects(
    withNonce(stolen, (answer) => oauth.processUserInfoResponse(server, KEYED, "u-ola", answer)),
    { code: oauth.WWW_AUTHENTICATE_CHALLENGE, status: 401 },
  );

  const refresh = () => oauth.refreshTokenGrantRequest(server, KEYED, proof, tokens.refresh_token, { DPoP, ...insecure });
  const { result: refreshed } = await withNonce(refresh, (answer) => oauth.processRefreshTokenResponse(server, KEYED, answer));
  assert.equal(refreshed.token_type, "dpop");

  const introspect = async (token) =>
    oauth.processIntrospectionResponse(server, KEYED, await oauth.introspectionRequest(server, KEYED, proof, token, insecure));
  const live = await introspect(refreshed.access_token);
  assert.equal(live.active, true);
  assert.equal(typeof live.cnf.jkt, "string");
  await oauth.processRevocationResponse(await oauth.revocationRequest(server, KEYED, proof, refreshed.refresh_token, insecure));
  assert.deepEqual(await introspect(refreshed.access_token), { active: false });
});

test("the server's nonce is asked for once and then known", async () => {
  const { retries } = await signIn();
  assert.ok(retries <= 1);
  const fresh = oauth.DPoP(KEYED, await oauth.generateKeyPair("ES256"));
  const answer = await oauth.authorizationCodeGrantRequest(
    server, KEYED, proof, oauth.validateAuthResponse(server, KEYED, new URL(`${REDIRECT}?code=x&iss=${ISSUER.origin}`), oauth.expectNoState),
    REDIRECT, oauth.generateRandomCodeVerifier(), { DPoP: fresh, ...insecure },
  );
  assert.equal(answer.status, 400);
  assert.ok(answer.headers.get("dpop-nonce"));
  assert.equal((await answer.json()).error, "use_dpop_nonce");
});

test("a request that was not pushed is refused, and so is a key that is not registered", async () => {
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({ client_id: "keyed", response_type: "code", redirect_uri: REDIRECT, scope: "openid", state: "s" });
  const back = await new Person("ola").authorize(url);
  assert.throws(() => oauth.validateAuthResponse(server, KEYED, back, "s"), { error: "invalid_request" });
  const { privateKey } = await oauth.generateKeyPair("ES256");
  const forged = oauth.PrivateKeyJwt({ key: privateKey, kid: "test-1" });
  const answer = await oauth.pushedAuthorizationRequest(server, KEYED, forged, { response_type: "code" }, insecure);
  await assert.rejects(oauth.processPushedAuthorizationResponse(server, KEYED, answer), { error: "invalid_client", status: 401 });
});

test("a television gets its tokens once somebody has typed its code", async () => {
  const asked = await oauth.deviceAuthorizationRequest(server, TELEVISION, oauth.None(), { scope: "openid offline_access" }, insecure);
  const device = await oauth.processDeviceAuthorizationResponse(server, TELEVISION, asked);
  assert.match(device.user_code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
  const poll = async () =>
    oauth.processDeviceCodeResponse(
      server,
      TELEVISION,
      await oauth.deviceCodeGrantRequest(server, TELEVISION, oauth.None(), device.device_code, insecure),
    );
  await assert.rejects(poll(), { error: "authorization_pending" });
  await assert.rejects(poll(), { error: "slow_down" });
  const done = await new Person("ola").allowDevice(new URL(device.verification_uri_complete));
  assert.equal(done.pathname, "/device/allowed");
  // RFC 8628 §3.5: the interval, and five seconds for having been too fast.
  await new Promise((resolve) => setTimeout(resolve, (device.interval + 5) * 1000 + 200));
  const tokens = await poll();
  assert.equal(oauth.getValidatedIdTokenClaims(tokens).sub, "u-ola");
  assert.ok(tokens.refresh_token);
  await assert.rejects(poll(), { error: "invalid_grant" });
});

test("a client signs its person out and gets the browser back", async () => {
  const { person, tokens } = await signIn();
  const url = new URL(server.end_session_endpoint);
  url.search = new URLSearchParams({
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: "https://keyed.example/after",
    state: "on the way out",
  });
  const back = await person.signOut(url);
  assert.equal(`${back.origin}${back.pathname}`, "https://keyed.example/after");
  assert.equal(back.searchParams.get("state"), "on the way out");
  url.searchParams.set("post_logout_redirect_uri", "https://evil.example/");
  await assert.rejects(person.signOut(url), /invalid_request/);
});
