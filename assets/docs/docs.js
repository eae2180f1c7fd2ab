// API docs: the operations of /openapi.json by tag, with a form to try each.
import { html, render, useState } from "../admin/html.js";
import { Badge, Card, Loading, Note, Toasts, plural, useLoad } from "./kit.js";
import { Schema, resolve, spoken } from "./schema.js";
import { Try } from "./try.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const KINDS = { get: "info", post: "good", put: "warn", patch: "warn", delete: "bad" };

async function description() {
  const answer = await fetch("/openapi.json");
  if (!answer.ok) throw new Error(`Could not load /openapi.json (${answer.status}).`);
  return answer.json();
}

// Operations with their path and all parameters, by tag, in the order of the document.
function byTag(root) {
  const tags = new Map();
  for (const [path, item] of Object.entries(root.paths)) {
    for (const method of METHODS.filter((method) => item[method])) {
      const told = item[method];
      const parameters = [...(item.parameters || []), ...(told.parameters || [])].map((one) =>
        resolve(root, one),
      );
      const tag = (told.tags || ["other"])[0];
      if (!tags.has(tag)) tags.set(tag, []);
      tags.get(tag).push({ ...told, path, method, parameters, id: told.operationId || `${method} ${path}` });
    }
  }
  return [...tags];
}

const Docs = () => {
  const state = useLoad(description, []);
  const [text, setText] = useState("");
  // Kept in memory only.
  const [credentials, setCredentials] = useState({ token: "", client: "", secret: "" });
  return html`
    <main class="docs">
      <div class="head">
        <div>
          <h1>API docs</h1>
          <p class="soft">
            HTTP endpoints of this server. OpenAPI 3.1 document: <a href="/openapi.json">/openapi.json</a>.
          </p>
        </div>
        <div class="actions">
          <a class="button" href="/admin">
            Admin page
          </a>
        </div>
      </div>
      <${Loading} state=${state} lines=${12}>
        ${(root) => {
          const wanted = text.trim().toLowerCase();
          const fits = (op) => `${op.method} ${op.path} ${op.summary || ""}`.toLowerCase().includes(wanted);
          const tags = byTag(root)
            .map(([tag, ops]) => [tag, ops.filter(fits)])
            .filter(([, ops]) => ops.length);
          return html`
            <${Credentials} value=${credentials} onChange=${setCredentials} />
            <div class="field">
              <label class="label" for="filter">
                Search endpoints
              </label>
              <input
                id="filter"
                type="search"
                placeholder="Path or summary"
                value=${text}
                onInput=${(event) => setText(event.currentTarget.value)}
              />
            </div>
            <p class="offscreen" role="status">
              ${plural(
                tags.reduce((sum, [, ops]) => sum + ops.length, 0),
                "endpoint",
              )}
            </p>
            ${tags.length === 0 && html`<${Note}>No endpoints match “${text}”.<//>`}
            ${tags.map(([tag, ops]) => html`
              <section key=${tag}>
                <h2 class="tag">${tag}</h2>
                <div class="list">
                  ${ops.map((op) => html`
                    <${Operation} key=${op.id} root=${root} op=${op} credentials=${credentials} />
                  `)}
                </div>
              </section>
            `)}
          `;
        }}
      <//>
    </main>
    <${Toasts} />
  `;
};

const Credentials = ({ value, onChange }) => {
  const input = (name, label, hint) => html`
    <div class="field">
      <label class="label" for=${name}>
        ${label}
      </label>
      <input
        id=${name}
        class="mono"
        type=${/** @type {any} */ (name === "client" ? "text" : "password")}
        autocomplete="off"
        spellcheck=${false}
        value=${value[name]}
        aria-describedby=${`${name}-hint`}
        onInput=${(event) => onChange({ ...value, [name]: event.currentTarget.value })}
      />
      <small id=${`${name}-hint`}>${hint}</small>
    </div>
  `;
  return html`
    <${Card} title="Authentication">
      <p class="soft">
        The admin API uses your <a href="/admin">admin page</a> session if you are signed in. Credentials
        entered here are kept only in this page until you close it.
      </p>
      <div class="columns">
        ${input(
          "token",
          "Access token",
          "Sent as a bearer token instead of the session. The admin API requires the keyfob:admin scope.",
        )}
        <div>
          ${input("client", "client_id", "For endpoints that require client authentication.")}
          ${input("secret", "client_secret", "Sent as HTTP Basic credentials.")}
        </div>
      </div>
    <//>
  `;
};

const Operation = ({ root, op, credentials }) => {
  const [open, setOpen] = useState(false);
  return html`
    <details
      class="op"
      id=${op.id}
      onToggle=${(event) => {
        if (event.target === event.currentTarget) setOpen(event.currentTarget.open);
      }}
    >
      <summary>
        <span class=${`badge verb ${KINDS[op.method]}`}>${op.method}</span>
        <code>${op.path}</code>
        <span class="soft">${op.summary}</span>
      </summary>
      ${open && html`
        <div class="in">
          ${op.description && html`<p>${spoken(op.description)}</p>`}
          ${op.parameters.length > 0 && html`
            <h3>Parameters</h3>
            <ul class="schema">
              ${op.parameters.map((one) => html`
                <li key=${one.in + one.name}>
                  <code>${one.name}</code> <${Badge}>${one.in}<//>${" "}
                  ${one.required && html`<${Badge} kind="warn">required<//>`}
                  <${Schema} root=${root} schema=${one.schema || {}} />
                  ${one.description && html`<p>${spoken(one.description)}</p>`}
                </li>
              `)}
            </ul>
          `}
          ${op.requestBody && html`
            <h3>Request body</h3>
            <${Bodies} root=${root} content=${op.requestBody.content} />
          `}
          <h3>Responses</h3>
          <ul class="schema">
            ${Object.entries(op.responses).map(([status, answer]) => {
              const told = resolve(root, answer);
              return html`
                <li key=${status}>
                  <b>${status === "default" ? "Errors" : status}</b>${" "}
                  <span class="soft">${spoken(told.description)}</span>
                  ${told.content && html`<${Bodies} root=${root} content=${told.content} />`}
                </li>
              `;
            })}
          </ul>
          <${Try} root=${root} op=${op} credentials=${credentials} />
        </div>
      `}
    </details>
  `;
};

const Bodies = ({ root, content }) =>
  Object.entries(content).map(([type, body]) => html`
    <div key=${type}>
      <code>${type}</code>
      ${body.schema && html`<${Schema} root=${root} schema=${body.schema} open=${true} />`}
    </div>
  `);

render(html`<${Docs} />`, /** @type {HTMLElement} */ (document.getElementById("docs")));
