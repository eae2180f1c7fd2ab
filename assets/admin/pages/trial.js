import { html, useState } from "../html.js";
import { api } from "../api.js";
import { href, navigate } from "../router.js";
import {
  Button,
  Card,
  Empty,
  Head,
  Icon,
  Link,
  Loading,
  Note,
  plural,
  toast,
  useLoad,
} from "../ui/kit.js";
import { Json } from "../ui/code.js";
import { Compare } from "../parts/compare.js";
import { Standard } from "../parts/trace.js";
import { options, useChoices } from "../parts/choices.js";

const GRANTS = [
  ["authorization_code", "Authorization code + PKCE"],
  ["client_credentials", "Client credentials"],
  ["device_code", "Device authorization"],
];
const FAULTS = {
  wrong_verifier: "Wrong code_verifier",
  verifier_is_challenge: "code_challenge sent as code_verifier",
  no_pkce: "No PKCE",
  wrong_redirect: "Different redirect_uri in the token request",
  unregistered_redirect: "Unregistered redirect_uri",
  code_twice: "Code used twice",
  expired_code: "Expired code",
  wrong_secret: "Wrong client secret",
};
const FIELDS = {
  client_id: "Client",
  client_secret: "Client secret",
  scope: "Scopes",
  resource: "API",
};
const NEXT = {
  poll: "Request tokens",
  userinfo: "Get UserInfo",
  refresh: "Refresh tokens",
  token_exchange: "Exchange token",
  delegated: "Get delegated token",
};

export default ({ params, query }) =>
  params.id ? html`<${Run} id=${params.id} />` : html`<${Begin} query=${query} />`;

const LEAD =
  "Run a real sign-in. This server receives the callback, keeps the tokens and shows you their content.";

const Begin = ({ query }) => {
  const clients = useLoad(async () => {
    const { items } = await api.get("/clients", { limit: 200 });
    const first = query.client_id;
    if (first && !items.some((one) => one.client_id === first))
      items.unshift(await api.get(`/clients/${encodeURIComponent(first)}`));
    return { items };
  }, []);
  return html`
    <${Head} title="Test sign-in" lead=${LEAD} />
    <${Loading} state=${clients}>
      ${({ items }) =>
        items.length === 0 ? html`
          <${Empty} icon="play" title="No client to test">
            <${Link} to="clients/new">New client<//>
          <//>
        ` : html`
          <${Asked} clients=${items} first=${query.client_id} />
        `
      }
    <//>
  `;
};

// First grant type that is allowed for the client.
const fits = (client) =>
  (GRANTS.find(([grant]) => client.grant_types.some((one) => one.endsWith(grant))) ||
    GRANTS[0])[0];

const Asked = ({ clients, first }) => {
  const choices = useChoices();
  const chosen = clients.find((one) => one.client_id === first) || clients[0];
  const [value, setValue] = useState({
    client_id: chosen.client_id,
    grant: fits(chosen),
    scope: "",
    resource: "",
    broken: "",
    secret: "",
  });
  const [error, setError] = useState(/** @type {import("../api.js").Problem | null} */ (null));
  const client = clients.find((one) => one.client_id === value.client_id);
  const isPublic = client.token_endpoint_auth_method === "none";
  // Errors of a code apply to one grant type, and a public client sends no secret.
  const applies = (name) =>
    name === "wrong_secret" ? !isPublic : value.grant === "authorization_code";
  const set = (name) => (event) =>
    setValue((before) => ({ ...before, [name]: event.target.value }));
  const begin = async (event) => {
    event.preventDefault();
    setError(null);
    try {
      const run = await api.post("/trials", {
        client_id: value.client_id,
        grant: value.grant,
        scope: value.scope || null,
        resource: value.resource || null,
        inject: value.broken && applies(value.broken) ? value.broken : null,
        client_secret: isPublic ? null : value.secret,
      });
      if (run.authorize) location.assign(run.authorize);
      else navigate(href(`trials/${run.id}`));
    } catch (problem) {
      setError(problem);
    }
  };
  const wrong = (name) => (error && error.field === name ? "true" : null);
  const field = (name, label, hint, more = {}) => html`
    <div class="field">
      <label class="label" for=${`trial-${name}`}>
        ${label}
      </label>
      <input
        id=${`trial-${name}`}
        value=${value[name]}
        onInput=${set(name)}
        aria-describedby=${`hint-${name}`}
        autocomplete="off"
        spellcheck=${false}
        ...${more}
      />
      <small id=${`hint-${name}`}>${hint}</small>
    </div>
  `;
  const select = (name, label, options) => html`
    <div class="field">
      <label class="label" for=${`trial-${name}`}>
        ${label}
      </label>
      <select id=${`trial-${name}`} value=${value[name]} onChange=${set(name)}>
        ${options.map(([id, text]) => html`
          <option value=${id} selected=${id === value[name]}>
            ${text}
          </option>
        `)}
      </select>
    </div>
  `;
  return html`
    <${Card} label="Test settings">
      <form class="form" onSubmit=${begin}>
        ${error && html`
          <${Note} kind="bad" role="alert" title="Could not start.">
            ${error.field && html`${FIELDS[error.field] ?? error.field}: `}
            ${error.message}
          <//>
        `}
        ${select(
          "client_id",
          "Client",
          clients.map((one) => [
            one.client_id,
            one.client_name ? `${one.client_name} (${one.client_id})` : one.client_id,
          ]),
        )}
        ${select("grant", "Grant type", GRANTS)}
        ${!isPublic &&
          field(
            "secret",
            "Client secret",
            "The server stores only a hash, so enter it here. Used for this test only and deleted after 15 minutes.",
            { type: "password", "aria-invalid": wrong("client_secret") },
          )}
        ${field("scope", "Scopes", "Default: all scopes of the client.", { class: "mono" })}
        ${field("resource", "API", "URI of the API the token is for. Default: from scopes.", {
          class: "mono",
        })}
        ${select("broken", "Simulate an error", [
          ["", "None"],
          ...options(choices.faults, FAULTS).filter(([one]) => applies(one)),
        ])}
        ${value.grant === "authorization_code" && html`
          <p class="field">
            <small>
              Next, you sign in as the user you want to test. For this test, this server's
              callback is accepted as a redirect URI of the client.
            </small>
          </p>
        `}
        <div class="actions">
          <button type="submit" class="button primary" id="trial-begin">
            <${Icon} name="play" />
            <span>Start</span>
          </button>
        </div>
      </form>
    <//>
  `;
};

const Run = ({ id }) => {
  const state = useLoad(() => api.get(`/trials/${id}`), [id]);
  const [busy, setBusy] = useState(/** @type {string | null} */ (null));
  const again = html`
    <${Link} class="button" to="trials" query=${{ client_id: state.data?.client_id }}>
      New test
    <//>
  `;
  if (!state.data)
    return html`
      <${Head} title="Trial" actions=${again} />
      <${Loading} state=${state} />
    `;
  const run = state.data;
  const step = async (name) => {
    setBusy(name);
    try {
      state.setData(await api.post(`/trials/${id}/${name}`));
    } catch (problem) {
      toast(problem.message, { kind: "bad" });
    }
    setBusy(null);
  };
  const bad = run.done.some((done) => done.refused && done.refused.reason !== "device_pending");
  return html`
    <${Head} title="Trial" lead=${html`<code>${run.client_id}</code>`} actions=${again} />
    <div role="status">
      ${run.stage === "waiting" ? html`
        <${Note} title="Waiting for sign-in.">
          ${run.user_code ? html`
            Open${" "}
            <a href=${run.verification_uri} target="_blank" rel="noreferrer">
              the device page
            </a>
            , sign in and approve the code <code>${run.user_code}</code>. Then request the
            tokens.
          ` : html`
            <a href=${run.authorize}>Continue to the sign-in page</a>.
          `}
        <//>
      ` : html`
        <${Note} kind=${bad ? "bad" : "good"} title=${bad ? "Request failed." : "Success."}>
          ${bad
            ? "See why and how to fix it below."
            : `${plural(run.tokens.length, "token")} issued.`}
        <//>
      `}
    </div>
    <${Card} title="Steps">
      <ol class="trace">
        ${run.done.map((done, i) => html`
          <li key=${i}>
            <span class=${`number ${done.refused ? "bad" : "good"}`} aria-hidden="true">
              ${done.refused ? "!" : i + 1}
            </span>
            <div>
              <div class="line">
                <b>${done.title}</b>
                ${done.trace_id && html`
                  <small>
                    <${Link} to=${`traces/${done.trace_id}`}>View trace<//>
                  </small>
                `}
              </div>
              ${done.refused ? html`
                <p class="why">
                  <b>${done.refused.error}</b>: ${done.refused.description}
                </p>
                ${done.refused.sent !== null && html`
                  <${Compare} sent=${done.refused.sent} expected=${done.refused.expected} />
                `}
                ${done.refused.fix && html`
                  <p>
                    <b>Fix:</b> ${done.refused.fix}${" "}
                    <small>
                      <${Standard} refused=${done.refused} />
                    </small>
                  </p>
                `}
              ` : html`
                <p class="soft">Success</p>
              `}
            </div>
          </li>
        `)}
      </ol>
      ${run.next.length > 0 && html`
        <div class="actions">
          ${run.next.map((name) => html`
            <${Button} key=${name} busy=${busy === name} onClick=${() => step(name)}>
              ${NEXT[name]}
            <//>
          `)}
        </div>
      `}
    <//>
    ${run.tokens.map((token) => html`
      <${Token} key=${token.name} token=${token} />
    `)}
  `;
};

const Token = ({ token }) => html`
  <${Card} title=${token.name}>
    <ul class="checklist" aria-label=${`Checks: ${token.name}`}>
      ${token.checks.map((check) => html`
        <li key=${check.name} class=${check.passed ? "good" : "bad"} title=${check.detail}>
          <${Icon} name=${check.passed ? "circle-check" : "circle-x"} size=${16} /> ${check.name}${" "}
          <span class="offscreen">${check.passed ? "passed" : `failed: ${check.detail}`}</span>
        </li>
      `)}
    </ul>
    ${token.token && token.token.kind === "jwt" ? html`
      <${Json}
        value=${{ header: token.token.header, claims: token.token.claims }}
        label=${`${token.name}: header and claims`}
      />
    ` : html`
      <p class="soft">Opaque token: only this server can read it.</p>
    `}
  <//>
`;
