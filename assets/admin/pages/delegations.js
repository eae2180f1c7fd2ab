import { html } from "../html.js";
import { href } from "../router.js";
import { Head, Tabs } from "../ui/kit.js";
import { Ledger } from "../parts/issued.js";
import { Policy } from "../parts/delegation_policy.js";

const TABS = [
  { id: "", title: "Ledger" },
  { id: "policy", title: "Policy" },
];

export default ({ params }) => html`
  <${Head}
    title="Delegations"
    lead="Who acts for whom, and how far. Whatever you end is dead at once, with all that hangs on it."
  />
  <${Tabs} tabs=${TABS} active=${params.tab || ""} to=${(tab) => href(`delegations${tab ? `/${tab}` : ""}`)} />
  ${params.tab === "policy" ? html`<${Policy} />` : html`<${Ledger} />`}
`;
