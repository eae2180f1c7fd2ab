import { html, useState } from "../html.js";
import { api } from "../api.js";
import { Badge, Button, Card, Head, Icon, Note, confirm, toast } from "../ui/kit.js";
import { Json } from "../ui/code.js";

const MEANINGS = { iss: "issuer", sub: "for whom", aud: "for which API", client_id: "to which client", scope: "what it allows", jti: "its id", iat: "issued", exp: "expires", nbf: "not before", auth_time: "signed in", act: "who acts", cnf: "bound to this key", sid: "browser login", nonce: "nonce", at_hash: "hash of the access token", zoneinfo: "time zone", team_id: "team", amr: "how they signed in", acr: "how strongly", grant_id: "grant", session_id: "browser login" };
const TIMES = new Set(["iat", "exp", "nbf", "auth_time", "updated_at"]);

export default () => {
  const [text, setText] = useState("");
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  const look = async (token) => {
    setError(null);
    setFound(null);
    if (!token.trim()) return;
    try { setFound(await api.post("/tokens/inspect", { token: token.trim() })); } catch (problem) { setError(problem.field ? `The text ${problem.message}.` : problem.message); }
  };
  const revoke = async () => {
    if (!await confirm({ title: "Revoke this token?", action: "Revoke", danger: true, text: "It stops working at once, and so does everything that was delegated from it. A refresh token takes its whole grant with it." })) return;
    try { await api.post("/tokens/revoke", { token: text.trim() }); toast("The token is revoked."); look(text); } catch (problem) { toast(problem.message, { kind: "bad" }); }
  };
  const good = found && found.checks.length > 0 && found.checks.every((check) => check.passed);
  const claims = found && found.token.kind === "jwt" ? found.token.claims : null;
  return html`<${Head} title="Token inspector" lead="What a token says, and whether it counts now. It is sent to this server only and kept nowhere." />
    <${Card} label="Token"><label class="label" for="token">Access token, ID token or refresh token</label>
      <textarea id="token" class="mono" rows="5" spellcheck="false" value=${text} onInput=${(event) => { setText(event.target.value); look(event.target.value); }}></textarea>
      ${error && html`<br /><${Note} kind="bad" role="alert">${error}<//>`}<//>
    ${found && html`<${Note} kind=${good ? "good" : "bad"} role="status" title=${good ? "This token counts." : "This token does not count."}>${good ? "" : found.checks.filter((check) => !check.passed).map((check) => `${check.name}: ${check.detail}`).join("; ")}<//>
      <div class="columns">
        <${Card} title="Checks" aside=${good && html`<${Button} kind="small danger" onClick=${revoke}>Revoke…<//>`}><ul class="steps">${found.checks.map((check) => html`
          <li key=${check.name}><span class=${`mark ${check.passed ? "good" : "bad"}`}><${Icon} name=${check.passed ? "circle-check" : "circle-x"} /></span><div><b>${check.name}</b> <${Badge} kind=${check.passed ? "good" : "bad"}>${check.passed ? "passed" : "failed"}<//><br /><small>${check.detail}</small></div></li>`)}</ul><//>
        ${claims && html`<${Card} title="Claims"><dl class="facts">${Object.entries(claims).map(([name, value]) => html`
          <div key=${name}><dt><code>${name}</code><br /><small>${MEANINGS[name] || ""}</small></dt><dd>${TIMES.has(name) ? html`${value}<br /><small>${new Date(value * 1000).toLocaleString()}</small>` : name === "act" ? html`<${Chain} act=${value} sub=${claims.sub} />` : typeof value === "object" ? JSON.stringify(value) : String(value)}</dd></div>`)}</dl><//>`}
      </div>
      ${claims && html`<${Card} title="As JSON"><${Json} value=${{ header: found.token.header, claims }} label="Header and claims" /><//>`}`}`;
};

// RFC 8693 §4.1: the outermost actor acts now; the innermost one delegated first.
const Chain = ({ act, sub }) => {
  const chain = [];
  for (let actor = act; actor; actor = actor.act) chain.push(actor.sub);
  return html`<b>${sub}</b>${chain.map((actor) => html` ← <code key=${actor}>${actor}</code>`)}<br /><small>acted for by, in turn</small>`;
};
