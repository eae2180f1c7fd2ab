// What people build, and what a client for it looks like. One question instead of thirty fields.
export const KINDS = [
  {
    id: "web",
    title: "Web app with a server",
    about: "Next.js, Django, Spring, Laravel… It can keep a secret.",
    defaults: {
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "client_secret_basic",
      scope: "openid profile email offline_access",
    },
    redirects: true,
  },
  {
    id: "spa",
    title: "Single-page app",
    about: "Runs in the browser alone. No secret, PKCE instead.",
    defaults: {
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
      scope: "openid profile email offline_access",
    },
    redirects: true,
  },
  {
    id: "native",
    title: "Native or command-line app",
    about: "A program on somebody's machine. Any loopback port works.",
    defaults: {
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
      scope: "openid profile email offline_access",
    },
    redirects: true,
  },
  {
    id: "machine",
    title: "Service or job",
    about: "No person in sight: client credentials.",
    defaults: {
      grant_types: ["client_credentials"],
      token_endpoint_auth_method: "client_secret_basic",
      scope: "",
    },
    redirects: false,
  },
];

export const METHODS = {
  none: "none: a public client, PKCE instead of a secret",
  client_secret_basic: "client_secret_basic: a secret, by HTTP Basic",
  client_secret_post: "client_secret_post: a secret, in the request's body",
  private_key_jwt: "private_key_jwt: a JWT signed with the client's key",
};

// What a client is, read from what is registered of it.
export function kindOf(client) {
  const grants = client.grant_types || [];
  if (String(client.client_id).startsWith("https://")) return "MCP / metadata document";
  if (grants.length && !grants.includes("authorization_code")) return "service";
  if (client.token_endpoint_auth_method !== "none") return "web app";
  const loopback = (client.redirect_uris || []).some((uri) =>
    /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?(\/|$)|^[a-z0-9.+-]+\.[a-z0-9.+-]+:/i.test(uri),
  );
  return loopback ? "native or SPA" : "single-page app";
}

// Said while typing, before the server would refuse it: the rules of src/domain/redirect_uri.rs, which
// tests/browser/clients.mjs holds against the server's. What is not yet an address is not spoken of.
export function redirectWarning(uri) {
  const why = uri && wrong(uri);
  return why ? `${uri}: ${why}` : null;
}

function wrong(uri) {
  if (uri.includes("#"))
    return "a fragment never reaches a server, so none may be registered (RFC 6749 §3.1.2).";
  if (uri.includes("*"))
    return "addresses are compared character by character; there are no wildcards (RFC 9700 §2.1).";
  if (/[^!-~]|\\/.test(uri))
    return "an address has neither spaces nor backslashes, and other letters only as %C3%B8.";
  let url;
  try {
    url = new URL(uri);
  } catch {
    return null;
  }
  if (/^[^/]*:\/\/[^/?]*@/.test(uri)) return "an address with user information is refused.";
  if (url.protocol === "http:" && !["127.0.0.1", "[::1]", "localhost"].includes(url.hostname))
    return "http sends the code in the clear; only this machine's own addresses may use it (RFC 9700 §2.6).";
  if (!["https:", "http:"].includes(url.protocol) && !url.protocol.includes("."))
    return "an app's own scheme is a reversed domain name, such as com.example.app:/callback (RFC 8252 §7.1).";
  return null;
}
