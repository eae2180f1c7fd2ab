// The ledger: every token in which somebody acts for somebody, with its chain.
import { html } from "../html.js";
import { api } from "../api.js";
import { Button, Empty, Icon, Id, Link$, Time, confirm } from "../ui/kit.js";
import { List } from "../ui/list.js";
import { State, TOKEN_STATES, useEnding } from "./issued.js";

// From the subject to whoever acts now, as the power went.
const Chain = ({ token }) => html`<ol class="chain" aria-label="Chain of delegation">
  <li><b>${token.username ? html`<${Link$} to=${`users/${encodeURIComponent(token.sub)}`}>${token.username}<//>` : html`<${Id}>${token.sub}<//>`}</b></li>
  ${[...token.chain].reverse().map((actor) => html`<li key=${actor}><${Icon} name="chevron-right" size=${14} /><${Link$} to="delegations" query=${{ actor }} title="Only what this one acts in"><${Id}>${actor}<//><//></li>`)}</ol>`;

export const Ledger = () => {
  const [version, run] = useEnding();
  const all = async (whose, name) => {
    const text = whose === "actor" ? `Every token in which ${name} acts ends at once, with all that hangs on them. Its own tokens stay.` : `Every token in which somebody acts for ${name} ends at once. Their own tokens stay.`;
    if (await confirm({ title: whose === "actor" ? `End all that ${name} does for others?` : `End all that is done for ${name}?`, action: "End them", danger: true, text })) {
      await run(() => api.post("/delegations/revoke", { [whose]: name }), (answer) => (answer.ended === 1 ? "One token has ended." : `${answer.ended} tokens have ended.`));
    }
  };
  return html`<${List} path="/delegations" order="-created" search="jti, user or client" label="Delegated tokens" version=${version} keyOf=${(token) => token.jti}
    filters=${[{ name: "state", label: "State", options: TOKEN_STATES },
      { name: "kind", label: "Kind", options: [["delegated_token", "delegated token"], ["token_exchange", "token exchange"], ["principal_token", "principal token"]] },
      { name: "actor", label: "Who acts, anywhere in the chain" }, { name: "sub", label: "For whom" }]}
    columns=${[
      { title: "For whom, by whom", cell: (token) => html`<${Chain} token=${token} />` },
      { title: "May", class: "wide", cell: (token) => html`<small>${token.scope}${token.team_id && html`<br />in the team ${token.team_id}`}</small>` },
      { title: "Issued", sort: "-created", class: "tight", cell: (token) => html`<${Time} at=${token.issued_at} /><br /><small>${token.origin.replaceAll("_", " ")}</small>` },
      { title: "Ends", class: "tight", cell: (token) => html`<${Time} at=${token.expires_at} />` },
      { title: "State", class: "tight", cell: (token) => html`<${State} state=${token.state} />` },
      { title: "Action", class: "end", cell: (token) => token.state === "living" && html`<div class="badges end"><${Button} kind="small" onClick=${() => run(() => api.delete(`/tokens/${token.jti}`), "The token has ended, and all that hung on it.")}>End<//>
          <${Button} kind="small" onClick=${() => all("actor", token.chain[0])}>All by ${token.chain[0]}<//>
          <${Button} kind="small" onClick=${() => all("subject", token.sub)}>All for ${token.username || token.sub}<//></div>` },
    ]}
    empty=${html`<${Empty} icon="users" title="Nobody acts for anybody"><p>A token in which a service or a person acts for somebody is listed here, with the chain of those it went through.</p><//>`} />`;
};
