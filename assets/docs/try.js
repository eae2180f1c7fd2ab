// Sends an operation from this page and shows the response.
import { html, useState, useId } from "../admin/html.js";
import { shell } from "../admin/snippets/quote.js";
import { Badge, CopyButton, Note, confirm, plural } from "./kit.js";
import { example } from "./schema.js";

/**
 * @typedef {{
 *   status?: number, type?: string, headers?: any[], text?: string, took?: number, failed?: string
 * }} Sent
 */

const FORM = "application/x-www-form-urlencoded";
const TYPES = [FORM, "application/json"];
const isAdmin = (op) => op.path.startsWith("/admin/");
const schemes = (op) => (op.security || []).flatMap((one) => Object.keys(one));

// One `name=value` per line.
const pairs = (text) =>
  text
    .split("\n")
    .filter((line) => line.includes("="))
    .map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at).trim(), line.slice(at + 1)];
    });

// Request for `fetch` and curl.
function request(op, values, type, body, { token, client, secret }) {
  const given = (place) =>
    op.parameters
      .filter((one) => one.in === place && values[one.name])
      .map((one) => [one.name, values[one.name]]);
  const path = op.path.replace(/\{([^}]+)\}/g, (_, name) => encodeURIComponent(values[name] || ""));
  const query = new URLSearchParams(given("query")).toString();
  const headers = Object.fromEntries(given("header"));
  if (type) headers["Content-Type"] = type;
  // Client credentials are for endpoints where clients authenticate, a token for all others.
  if (client && secret && !isAdmin(op) && !(token && schemes(op).includes("HTTPBearer")))
    headers.Authorization = `Basic ${btoa([client, secret].map(encodeURIComponent).join(":"))}`;
  else if (token.trim()) headers.Authorization = `Bearer ${token.trim()}`;
  const text = type === FORM ? new URLSearchParams(pairs(body)).toString() : body;
  return {
    url: path + (query ? `?${query}` : ""),
    method: op.method.toUpperCase(),
    headers,
    body: type ? text : undefined,
  };
}

// Secrets are environment variables in it: copied text ends up in histories and chats.
function curl({ url, method, headers, body }, op) {
  const lines = [`curl -i -X ${method} ${shell(location.origin + url)}`];
  const { Authorization: authorization = "", ...others } = headers;
  if (authorization.startsWith("Basic")) lines.push('-u "$CLIENT_ID:$CLIENT_SECRET"');
  else if (authorization || isAdmin(op)) lines.push('-H "Authorization: Bearer $ACCESS_TOKEN"');
  for (const [name, value] of Object.entries(others)) lines.push(`-H ${shell(`${name}: ${value}`)}`);
  if (body) lines.push(`--data ${shell(body)}`);
  return lines.join(" \\\n  ");
}

function first(root, type, schema) {
  const made = example(root, schema || {});
  return type === FORM
    ? Object.entries(made)
        .map(([name, value]) => `${name}=${value}`)
        .join("\n")
    : JSON.stringify(made, null, 2);
}

export const Try = ({ root, op, credentials }) => {
  const id = useId();
  const content = op.requestBody ? op.requestBody.content : {};
  const types = TYPES.filter((type) => content[type]);
  const [type, setType] = useState(types[0]);
  const [body, setBody] = useState(type ? first(root, type, content[type].schema) : "");
  const [values, setValues] = useState({});
  const [answer, setAnswer] = useState(/** @type {Sent | null} */ (null));
  const [busy, setBusy] = useState(false);
  if (op.requestBody && !type)
    return html`
      <${Note}>
        This endpoint takes a file. Use the admin page, or curl with <code>--data-binary</code>.
      <//>
    `;
  const asked = op.parameters.filter((one) => one.in !== "cookie");
  const wanted = request(op, values, type, body, credentials);
  const missing = asked.filter((one) => one.required && !values[one.name]).map((one) => one.name);
  const answers = Object.values(op.responses).flatMap((one) => Object.keys(one.content || {}));
  if (answers.includes("text/event-stream"))
    return html`
      <${Note}>This response is a stream. Use curl to follow it.<//>
      <${CopyButton} text=${curl(wanted, op)} label="Copy as curl" />
    `;
  // Pages are opened, not fetched.
  const isPage = ["/authorize", "/logout"].some((page) => op.path.endsWith(page));
  const send = async (event) => {
    event.preventDefault();
    if (
      op.method === "delete" &&
      !(await confirm({
        title: "Send this request?",
        text: `DELETE ${wanted.url} is sent to this server and takes effect.`,
        action: "Send",
        danger: true,
      }))
    )
      return;
    setBusy(true);
    const began = performance.now();
    try {
      const sent = await fetch(wanted.url, {
        method: wanted.method,
        headers: wanted.headers,
        body: wanted.body,
        credentials: isAdmin(op) ? "same-origin" : "omit",
      });
      const text = await sent.text();
      setAnswer({
        status: sent.status,
        type: sent.headers.get("content-type") || "",
        headers: [...sent.headers],
        text,
        took: performance.now() - began,
      });
    } catch (error) {
      setAnswer({ failed: error.message });
    } finally {
      setBusy(false);
    }
  };
  return html`
    <h3>Send a request</h3>
    <form class="form" onSubmit=${send} aria-label=${`Request: ${op.method.toUpperCase()} ${op.path}`}>
      ${asked.map((one) => html`
        <div class="field" key=${one.in + one.name}>
          <label class="label" for=${id + one.name}>
            ${one.name}
            ${one.required ? "" : " (optional)"}
          </label>
          <input
            id=${id + one.name}
            class="mono"
            spellcheck=${false}
            autocomplete="off"
            required=${one.required}
            value=${values[one.name] || ""}
            onInput=${(event) => setValues({ ...values, [one.name]: event.currentTarget.value })}
          />
        </div>
      `)}
      ${types.length > 1 && html`
        <div class="field">
          <label class="label" for=${`${id}type`}>
            Content type
          </label>
          <select
            id=${`${id}type`}
            onChange=${(event) => {
              setType(event.currentTarget.value);
              setBody(first(root, event.currentTarget.value, content[event.currentTarget.value].schema));
            }}
          >
            ${types.map((one) => html`
              <option value=${one} selected=${one === type} key=${one}>
                ${one}
              </option>
            `)}
          </select>
        </div>
      `}
      ${type && html`
        <div class="field">
          <label class="label" for=${`${id}body`}>
            Body
          </label>
          <textarea
            id=${`${id}body`}
            class="mono"
            rows=${Math.min(12, Math.max(3, body.split("\n").length + 1))}
            spellcheck=${false}
            value=${body}
            onInput=${(event) => setBody(event.currentTarget.value)}
          />
          <small>
            ${type === FORM ? "One name=value per line. Values are URL-encoded for you." : "JSON."}
          </small>
        </div>
      `}
      <div class="actions">
        ${isPage ? html`
          <a class="button primary" href=${wanted.url} target="_blank" rel="noopener">
            Open in a new tab
          </a>
        ` : html`
          <button
            type="submit"
            class=${`button ${op.method === "delete" ? "danger" : "primary"}`}
            disabled=${busy || missing.length > 0}
            aria-busy=${busy ? "true" : undefined}
          >
            Send ${op.method.toUpperCase()}
          </button>
        `}
        <${CopyButton}
          text=${curl(wanted, op)}
          label="Copy as curl"
          kind=""
          what="Copied. Replace the variables with your own values."
        />
      </div>
      ${missing.length > 0 && html`<small>Fill in ${missing.join(", ")} first.</small>`}
    </form>
    <div role="status" aria-live="polite">
      ${answer && html`<${Answer} answer=${answer} />`}
    </div>
  `;
};

const Answer = ({ answer }) => {
  if (answer.failed)
    return html`
      <${Note} kind="bad" title="No response.">
        ${answer.failed}
      <//>
    `;
  let text = answer.text;
  if (/json/.test(answer.type))
    try {
      text = JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      /* shown as text */
    }
  return html`
    <h3>
      Response${" "}
      <${Badge} kind=${answer.status < 300 ? "good" : answer.status < 400 ? "info" : "bad"}>
        ${answer.status}
      <//>${" "}
      <small>
        ${Math.round(answer.took)} ms, ${plural(answer.text.length, "character")}
      </small>
    </h3>
    <dl class="headers">
      ${answer.headers.map(([name, value]) => html`
        <dt key=${name}>${name}</dt>
        <dd>${value}</dd>
      `)}
    </dl>
    ${text && html`
      <pre class="code" tabindex=${0} role="group" aria-label="Response body">
        ${text.slice(0, 100000)}
      </pre>
    `}
  `;
};
