import { html } from "../html.js";
import { href } from "../router.js";
import { Head, Tabs } from "../ui/kit.js";
import { DelegatedTokens } from "../parts/issued.js";
import { Policy } from "../parts/delegation_policy.js";

const TABS = [
  { id: "", title: "Delegated tokens" },
  { id: "policy", title: "Policy" },
];

export default ({ params }) => html`
  <${Head}
    title="Delegation"
    lead="Who can act for whom. Revoking a token takes effect immediately, also for tokens derived from it."
  />
  <${Tabs} tabs=${TABS} active=${params.tab || ""} to=${(tab) => href(`delegations${tab ? `/${tab}` : ""}`)} />
  ${params.tab === "policy" ? html`<${Policy} />` : html`<${DelegatedTokens} />`}
`;
