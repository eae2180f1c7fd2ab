// Kinds of applications, with the client settings that fit each: one question instead of thirty fields.
export const KINDS = [
  {
    id: "web",
    title: "Web app",
    about: "Runs on a server and can keep a secret. For example Next.js, Django, Spring, Laravel.",
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
    about: "Runs entirely in the browser. Uses PKCE instead of a secret.",
    defaults: {
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
      scope: "openid profile email offline_access",
    },
    redirects: true,
  },
  {
    id: "native",
    title: "Native or CLI app",
    about: "Mobile, desktop or command-line app. Any loopback port works.",
    defaults: {
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
      scope: "openid profile email offline_access",
    },
    redirects: true,
  },
  {
    id: "machine",
    title: "Service",
    about: "Machine-to-machine, no user. Uses client credentials.",
    defaults: {
      grant_types: ["client_credentials"],
      token_endpoint_auth_method: "client_secret_basic",
      scope: "",
    },
    redirects: false,
  },
];

export const METHODS = {
  none: "none: public client, uses PKCE",
  client_secret_basic: "client_secret_basic: secret in the HTTP Basic header",
  client_secret_post: "client_secret_post: secret in the request body",
  private_key_jwt: "private_key_jwt: JWT signed with the client's private key",
};

// Kind of a client, from its metadata.
export function kindOf(client) {
  const grants = client.grant_types || [];
  if (String(client.client_id).startsWith("https://")) return "Metadata document (MCP)";
  if (grants.length && !grants.includes("authorization_code")) return "Service";
  if (client.token_endpoint_auth_method !== "none") return "Web app";
  const loopback = (client.redirect_uris || []).some((uri) =>
    /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?(\/|$)|^(?!https?:)[a-z0-9.+-]+:/i.test(uri),
  );
  return loopback ? "Native or single-page app" : "Single-page app";
}

// Warning while typing, by the rules of src/domain/redirect_uri.rs; tests/browser/clients.mjs compares both. No warning
// for a text that is not a URL yet.
export function redirectWarning(uri) {
  const why = uri && wrong(uri);
  return why ? `${uri}: ${why}` : null;
}

function wrong(uri) {
  if (uri.includes("#")) return "fragments (#…) are not allowed (RFC 6749 §3.1.2).";
  if (uri.includes("*")) return "wildcards are not allowed; URIs must match exactly (RFC 9700 §2.1).";
  if (/[^!-~]|\\/.test(uri))
    return "spaces, backslashes and non-ASCII characters are not allowed. Percent-encode them, for example %20.";
  let url;
  try {
    url = new URL(uri);
  } catch {
    return null;
  }
  if (/^[^/]*:\/\/[^/?]*@/.test(uri)) return "user names and passwords are not allowed in a URI.";
  if (url.protocol === "http:" && !NEAR.test(url.hostname))
    return "http is for localhost and private networks only: the code is sent unencrypted (RFC 9700 §2.6).";
  if (TAKEN.test(url.protocol))
    return "this scheme does not lead to an app. Use https or the app's own scheme.";
  return null;
}

// Hosts that http may lead to: this machine, private and link-local addresses, names for tests.
const NEAR = new RegExp(
  "^(localhost|host\\.docker\\.internal|.+\\.(localhost|test)|(127|10)(\\.\\d+){3}|(192\\.168|169\\.254)(\\.\\d+){2}|" +
    "172\\.(1[6-9]|2\\d|3[01])(\\.\\d+){2}|\\[::1\\]|\\[f[cd].+\\]|\\[fe[89ab].+\\])$",
);
// Schemes that lead to no app: is_private_use in src/domain/redirect_scheme.rs.
const TAKEN = new RegExp(
  "^(.|about|blob|chrome|data|file|filesystem|ftp|intent|javascript|jar|mailto|resource|sms|tel|urn|vbscript|" +
    "view-source|wss?):$",
);
