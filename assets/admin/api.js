// Client of the admin API. Errors are thrown as `Problem`.

const BASE = "/admin/api/v1";

/** A member's error as a sentence: "must not be empty" → "Must not be empty." */
export const sentence = (text = "") =>
  (/^[a-z]+ /.test(text) ? text[0].toUpperCase() + text.slice(1) : text).replace(/([^.!?…])$/, "$1.");

// An error of the API: RFC 9457 problem details with a `code` for programs and the wrong member in `field`.
export class Problem extends Error {
  constructor(status, body, headers) {
    super(
      body.field ? sentence(body.detail) : body.detail || `Unexpected response from the server (${status}).`,
    );
    this.status = status;
    this.code = body.code || "failed";
    this.field = body.field || null;
    this.retryAfter = headers ? Number(headers.get("retry-after")) || null : null;
  }
}

// Set by the app: ask the user to sign in again, or to confirm their password. Both resolve to whether they did.
export const hooks = { signIn: async () => false, askPassword: async () => false };

// A proxy may respond with a page of its own: then only the status is used.
function parse(/** @type {string} */ text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function address(path, query) {
  const url = new URL(BASE + path, location.origin);
  for (const [name, value] of Object.entries(query || {})) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
  }
  return url;
}

// `file` is sent as is, in place of a JSON `body`. `watching`: a request that no user action caused.
/**
 * @param {string} method
 * @param {string} path
 * @param {{ query?: any, body?: any, file?: File, etag?: string, watching?: boolean, retried?: any }} [options]
 */
async function send(method, path, { query, body, file, etag, watching, retried } = {}) {
  const headers = { Accept: "application/json" };
  if (watching) headers["Keyfob-Watching"] = "1";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (file) headers["Content-Type"] = "application/vnd.sqlite3";
  if (etag) headers["If-Match"] = etag;
  let response;
  try {
    response = await fetch(address(path, query), {
      method,
      headers,
      body: file || (body === undefined ? undefined : JSON.stringify(body)),
      credentials: "same-origin",
    });
  } catch {
    throw new Problem(0, { code: "unreachable", detail: "Cannot reach the server. Check that it is running." });
  }
  const parsed = parse(await response.text());
  if (response.ok) return { data: parsed, etag: response.headers.get("etag") };
  const problem = new Problem(response.status, parsed || {}, response.headers);
  const asks = { sign_in_required: hooks.signIn, password_required: hooks.askPassword }[problem.code];
  if (asks && asks !== retried && !watching && (await asks())) {
    return send(method, path, { query, body, file, etag, retried: asks });
  }
  throw problem;
}

const data = async (promise) => (await promise).data;

export const api = {
  get: (path, query) => data(send("GET", path, { query })),
  watch: (path, query) => data(send("GET", path, { query, watching: true })),
  // An object and its ETag, which a change must send.
  load: (path, query) => send("GET", path, { query }),
  post: (path, body = {}, query) => data(send("POST", path, { body, query })),
  put: (path, body, etag) => data(send("PUT", path, { body, etag })),
  patch: (path, body, etag) => data(send("PATCH", path, { body, etag })),
  delete: (path, query) => data(send("DELETE", path, { query })),
  upload: (path, file) => data(send("POST", path, { file })),
  // Before a download link, which cannot ask: asks for the password if it was confirmed too long ago. Resolves to
  // whether to continue.
  fresh: async () => (await api.get("/session")).admin?.fresh || hooks.askPassword(),
  // For links that download: the browser sends the session cookie itself.
  href: (path, query) => {
    const url = address(path, query);
    return url.pathname + url.search;
  },
};
