import { html } from "../html.js";
import { href } from "../router.js";
import { Head, Tabs } from "../ui/kit.js";
import { GrantList, TokenList } from "../parts/issued.js";
import { DeviceList, SessionList } from "../parts/sessions.js";

const TABS = [
  { id: "", title: "Access tokens" },
  { id: "grants", title: "Grants" },
  { id: "sessions", title: "Sessions" },
  { id: "devices", title: "Devices" },
];

export default ({ params }) => html`
  <${Head}
    title="Sessions & tokens"
    lead="Access tokens, grants, browser sessions and pending devices. Revoking takes effect immediately."
  />
  <${Tabs} tabs=${TABS} active=${params.tab || ""} to=${(tab) => href(`tokens${tab ? `/${tab}` : ""}`)} />
  ${params.tab === "grants" ? html`
    <${GrantList} />
  ` : params.tab === "sessions" ? html`
    <${SessionList} />
  ` : params.tab === "devices" ? html`
    <${DeviceList} />
  ` : html`
    <${TokenList} />
  `}
`;
