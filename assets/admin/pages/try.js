import { html, useState } from "../html.js";
import { api } from "../api.js";
import { href, navigate } from "../router.js";
import {
  Button,
  Card,
  Empty,
  Head,
  Icon,
  Link$,
  Loading,
  Note,
  toast,
  useLoad,
} from "../ui/kit.js";
import { Json } from "../ui/code.js";
import { Compare } from "../parts/compare.js";
import { Standard } from "../parts/flow.js";
import { options, useChoices } from "../parts/choices.js";

const GRANTS = [
  ["authorization_code", "Authorization code + PKCE"],
  ["client_credentials", "Client credentials"],
  ["device_code", "Device"],
];
const BREAKS = {
  wrong_verifier: "Send a wrong verifier",
  verifier_is_challenge: "Send the challenge as verifier",
  no_pkce: "Leave out PKCE",
  wrong_redirect: "Name another redirect_uri at /token",
  unregistered_redirect: "Ask for an address that is not registered",
  code_twice: "Use the code twice",
  expired_code: "Let the code expire",
  wrong_secret: "Send a wrong secret",
};
const NEXT = {
  poll: "Ask for the tokens",
  userinfo: "Ask for user info",
  refresh: "Refresh",
  token_exchange: "Exchange the token",
  delegated: "Get a delegated token",
};

export default ({ params, query }) =>
  params.id ? html`<${Run} id=${params.id} />` : html`<${Begin} query=${query} />`;

const LEAD =
  "A real sign-in with this server itself as the client’s callback. Its tokens stay on the " +
  "server; you see what is in them.";

const Begin = ({ query }) => {
  const clients = useLoad(async () => {
    const { items } = await api.get("/clients", { limit: 200 });
    const first = query.client_id;
    if (first && !items.some((one) => one.client_id === first))
      items.unshift(await api.get(`/clients/${encodeURIComponent(first)}`));
    return { items };
  }, []);
  return html`
    <${Head} title="Try a flow" lead=${LEAD} />
    <${Loading} state=${clients}>
      ${({ items }) =>
        items.length === 0 ? html`
          <${Empty} icon="play" title="There is no client to try">
            <${Link$} to="clients/new">Make a client<//>
          <//>
        ` : html`
          <${Asked} clients=${items} first=${query.client_id} />
        `
      }
    <//>
  `;
};

// The first grant that the client is registered for.
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
  const [error, setError] = useState(null);
  const client = clients.find((one) => one.client_id === value.client_id);
  const isPublic = client.token_endpoint_auth_method === "none";
  const set = (name) => (event) =>
    setValue((before) => ({ ...before, [name]: event.target.value }));
  const begin = async (event) => {
    event.preventDefault();
    setError(null);
    try {
      const run = await api.post("/tries", {
        client_id: value.client_id,
        grant: value.grant,
        scope: value.scope || null,
        resource: value.resource || null,
        break: value.broken || null,
        client_secret: isPublic ? null : value.secret,
      });
      if (run.authorize) location.assign(run.authorize);
      else navigate(href(`try/${run.id}`));
    } catch (problem) {
      setError(problem);
    }
  };
  const wrong = (name) => (error && error.field === name ? "true" : null);
  const field = (name, label, hint, more = {}) => html`
    <div class="field">
      <label class="label" for=${`try-${name}`}>
        ${label}
      </label>
      <input
        id=${`try-${name}`}
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
      <label class="label" for=${`try-${name}`}>
        ${label}
      </label>
      <select id=${`try-${name}`} value=${value[name]} onChange=${set(name)}>
        ${options.map(([id, text]) => html`
          <option value=${id} selected=${id === value[name]}>
            ${text}
          </option>
        `)}
      </select>
    </div>
  `;
  return html`
    <${Card} label="What to try">
      <form class="form" onSubmit=${begin}>
        ${error && html`
          <${Note} kind="bad" role="alert" title="Not begun.">
            ${error.field && html`
              <code>${error.field}</code>:${" "}
            `}
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
        ${select("grant", "Grant", GRANTS)}
        ${!isPublic &&
          field(
            "secret",
            "The client’s secret",
            "The server keeps only a hash of it. It is used for this run and forgotten after 15 minutes.",
            { type: "password", "aria-invalid": wrong("client_secret") },
          )}
        ${field("scope", "Scope", "Empty: all the client may have.", { class: "mono" })}
        ${field("resource", "Resource", "The API the token is for; empty: as the scopes say.", {
          class: "mono",
        })}
        ${select("broken", "Do something wrong on purpose", [
          ["", "No, do it right"],
          ...options(choices.breaks, BREAKS),
        ])}
        ${value.grant === "authorization_code" && html`
          <p class="field">
            <small>
              Your browser goes to the sign-in page next. Whoever signs in there is the user.
              For this one request, this server’s own callback counts as an address of the
              client.
            </small>
          </p>
        `}
        <div class="actions">
          <button type="submit" class="button primary" id="try-begin">
            <${Icon} name="play" />
            <span>Begin</span>
          </button>
        </div>
      </form>
    <//>
  `;
};

const Run = ({ id }) => {
  const state = useLoad(() => api.get(`/tries/${id}`), [id]);
  const [busy, setBusy] = useState(null);
  const again = html`
    <${Link$} class="button" to="try" query=${{ client_id: state.data?.client_id }}>
      Try another
    <//>
  `;
  if (!state.data)
    return html`
      <${Head} title="Trial run" actions=${again} />
      <${Loading} state=${state} />
    `;
  const run = state.data;
  const step = async (name) => {
    setBusy(name);
    try {
      state.setData(await api.post(`/tries/${id}/${name}`));
    } catch (problem) {
      toast(problem.message, { kind: "bad" });
    }
    setBusy(null);
  };
  const bad = run.done.some((done) => done.refused && done.refused.reason !== "device_pending");
  return html`
    <${Head} title="Trial run" lead=${html`<code>${run.client_id}</code>`} actions=${again} />
    <div role="status">
      ${run.stage === "waiting" ? html`
        <${Note} title="Waiting.">
          ${run.user_code ? html`
            Open${" "}
            <a href=${run.verification_uri} target="_blank" rel="noreferrer">
              the device page
            </a>
            , sign in and allow <code>${run.user_code}</code>; then ask for the tokens.
          ` : html`
            <a href=${run.authorize}>Go on to the sign-in page</a>.
          `}
        <//>
      ` : html`
        <${Note}
          kind=${bad ? "bad" : "good"}
          title=${bad ? "Something was refused." : "It went well."}
        >
          ${bad
            ? "Below it stands why, and what mends it."
            : `${run.tokens.length} ${run.tokens.length === 1 ? "token" : "tokens"} came of it.`}
        <//>
      `}
    </div>
    <${Card} title="Steps">
      <ol class="flow">
        ${run.done.map((done, i) => html`
          <li key=${i}>
            <span class=${`number ${done.refused ? "bad" : "good"}`} aria-hidden="true">
              ${done.refused ? "!" : i + 1}
            </span>
            <div>
              <div class="line">
                <b>${done.title}</b>
                ${done.flow_id && html`
                  <small>
                    <${Link$} to=${`flows/${done.flow_id}`}>What was sent and checked<//>
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
                <p class="soft">went well</p>
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
    <ul class="checklist" aria-label=${`Checks of ${token.name}`}>
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
      <p class="soft">Opaque: it means something to this server alone.</p>
    `}
  <//>
`;
