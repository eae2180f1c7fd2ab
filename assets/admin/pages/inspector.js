import { html, useState, useEffect, useRef } from "../html.js";
import { api } from "../api.js";
import { taken } from "../token_handoff.js";
import { Badge, Button, Card, Head, Icon, Note, confirm, toast } from "../ui/kit.js";
import { Json } from "../ui/code.js";
import { Table } from "../ui/table.js";

const MEANINGS = {
  iss: "issuer",
  sub: "subject",
  aud: "audience",
  client_id: "client",
  scope: "scopes",
  jti: "token ID",
  iat: "issued at",
  exp: "expires at",
  nbf: "not before",
  auth_time: "signed in at",
  act: "actor",
  cnf: "bound key",
  sid: "session",
  nonce: "nonce",
  at_hash: "access token hash",
  zoneinfo: "time zone",
  team_id: "team",
  amr: "authentication methods",
  acr: "authentication level",
  grant_id: "grant",
  session_id: "session",
};
const TIMES = new Set(["iat", "exp", "nbf", "auth_time", "updated_at"]);

/**
 * A text and the server's result for it; only the response for the latest text is used.
 * @returns {[{ text: string, found: any, error: any }, (text: string) => Promise<void>]}
 */
function useToken() {
  const [state, setState] = useState({ text: "", found: null, error: null });
  const turn = useRef(0);
  const set = async (text) => {
    const mine = ++turn.current;
    setState({ text, found: null, error: null });
    if (!text.trim()) return;
    const answer = await api.post("/tokens/inspect", { token: text.trim() }).then(
      (found) => ({ found, error: null }),
      (problem) => ({ found: null, error: problem.message }),
    );
    if (mine === turn.current) setState({ text, ...answer });
  };
  return [state, set];
}

export default () => {
  const [{ text, found, error }, look] = useToken();
  const [other, lookAtOther] = useToken();
  useEffect(() => {
    const take = () => {
      const token = taken();
      if (token) look(token);
    };
    take();
    addEventListener("token-handed", take);
    return () => removeEventListener("token-handed", take);
  }, []);
  const revoke = async () => {
    if (
      !(await confirm({
        title: "Revoke this token?",
        action: "Revoke",
        danger: true,
        text:
          "The token and every token delegated from it stop working immediately. Revoking a refresh token " +
          "revokes its whole grant.",
      }))
    )
      return;
    try {
      await api.post("/tokens/revoke", { token: text.trim() });
      toast("Token revoked.");
      look(text);
    } catch (problem) {
      toast(problem.message, { kind: "bad" });
    }
  };
  const good = found && found.checks.length > 0 && found.checks.every((check) => check.passed);
  const claims = claimsOf(found);
  return html`
    <${Head}
      title="Token inspector"
      lead="Decode a token and check whether it is valid. It is sent only to this server and is not stored."
    />
    <${Card} label="Token">
      <label class="label" for="token">
        Access token, ID token or refresh token
      </label>
      <textarea
        id="token"
        class="mono"
        rows=${5}
        spellcheck=${false}
        value=${text}
        onInput=${(event) => look(event.currentTarget.value)}
      ></textarea>
      ${error && html`
        <br />
        <${Note} kind="bad" role="alert">
          ${error}
        <//>
      `}
    <//>
    ${found && html`
      <${Note}
        kind=${good ? "good" : "bad"}
        role="status"
        title=${good ? "Token is valid." : "Token is not valid."}
      >
        ${!good && html`
          <ul>
            ${found.checks
              .filter((check) => !check.passed)
              .map((check) => html`
                <li key=${check.name}>
                  ${check.name}: ${check.detail}
                </li>
              `)}
          </ul>
        `}
      <//>
      <div class="columns">
        <${Card}
          title="Checks"
          aside=${
            good && html`
              <${Button} kind="small danger" onClick=${revoke}>
                Revoke…
              <//>
            `
          }
        >
          <ul class="steps">
            ${found.checks.map((check) => html`
              <li key=${check.name}>
                <span class=${`mark ${check.passed ? "good" : "bad"}`}>
                  <${Icon} name=${check.passed ? "circle-check" : "circle-x"} />
                </span>
                <div>
                  <b>${check.name}</b>${" "}
                  <${Badge} kind=${check.passed ? "good" : "bad"}>${check.passed ? "Passed" : "Failed"}<//>
                  <br />
                  <small>${check.detail}</small>
                </div>
              </li>
            `)}
          </ul>
        <//>
        ${claims && html`
          <${Card} title="Claims">
            <dl class="facts">
              ${Object.entries(claims).map(([name, value]) => html`
                <div key=${name}>
                  <dt>
                    <code>${name}</code>
                    <br />
                    <small>${MEANINGS[name] || ""}</small>
                  </dt>
                  <dd>
                    ${TIMES.has(name) ? html`
                      ${value}
                      <br />
                      <small>${new Date(value * 1000).toLocaleString()}</small>
                    ` : name === "act" ? html`
                      <${Chain} act=${value} sub=${claims.sub} />
                    ` : typeof value === "object" ? (
                      JSON.stringify(value)
                    ) : (
                      String(value)
                    )}
                  </dd>
                </div>
              `)}
            </dl>
          <//>
        `}
      </div>
      ${claims && html`
        <${Card} title="JSON">
          <${Json} value=${{ header: found.token.header, claims }} label="Header and claims" />
        <//>
        <${Card} title="Compare with another token">
          <label class="label" for="other">
            Another JWT, for example one that works
          </label>
          <textarea
            id="other"
            class="mono"
            rows=${3}
            spellcheck=${false}
            value=${other.text}
            onInput=${(event) => lookAtOther(event.currentTarget.value)}
          ></textarea>
          ${other.error && html`
            <br />
            <${Note} kind="bad" role="alert">
              ${other.error}
            <//>
          `}
          ${other.found &&
            (claimsOf(other.found) ? html`
              <${Differences} one=${found.token} two=${other.found.token} />
            ` : html`
              <p class="soft" role="status">
                This is not a JWT, so it cannot be decoded.
              </p>
            `)}
        <//>
      `}
    `}
  `;
};

const claimsOf = (found) => (found && found.token.kind === "jwt" ? found.token.claims : null);

// Members of header and claims that differ.
const Differences = ({ one, two }) => {
  const shown = (value) =>
    value === undefined ? html`
      <i>not present</i>
    ` : html`
      <code>${typeof value === "object" ? JSON.stringify(value) : String(value)}</code>
    `;
  const rows = ["header", "claims"].flatMap((part) =>
    [...new Set([...Object.keys(one[part]), ...Object.keys(two[part])])]
      .filter((name) => JSON.stringify(one[part][name]) !== JSON.stringify(two[part][name]))
      .map((name) => ({ name, part, values: [one[part][name], two[part][name]] })),
  );
  if (rows.length === 0) return html`<p role="status">Header and claims are identical.</p>`;
  return html`
    <${Table}
      label="Differences"
      columns=${[
        {
          title: "Name",
          cell: ({ name, part }) => html`
            <code>${name}</code>
            <br />
            <small>${part === "header" ? "header" : MEANINGS[name] || ""}</small>
          `,
        },
        { title: "First token", kind: "prose", cell: ({ values }) => shown(values[0]) },
        { title: "Second token", kind: "prose", cell: ({ values }) => shown(values[1]) },
      ]}
      rows=${rows}
      keyOf=${({ name, part }) => part + name}
    />
  `;
};

// RFC 8693 §4.1: the outermost actor acts now; the innermost one delegated first.
const Chain = ({ act, sub }) => {
  const chain = [];
  for (let actor = act; actor; actor = actor.act) chain.push(actor.sub);
  return html`
    <b>${sub}</b>
    ${chain.map((actor) => html`
      ${" "}
      ← <code key=${actor}>${actor}</code>
    `)}
    <br />
    <small>subject, then actors in order</small>
  `;
};
