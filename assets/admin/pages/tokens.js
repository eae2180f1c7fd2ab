import { html } from "../html.js";
import { href } from "../router.js";
import { Head, Tabs } from "../ui/kit.js";
import { GrantList, TokenList } from "../parts/issued.js";
import { DeviceList, SessionList } from "../parts/sessions.js";

const TABS = [
  { id: "", title: "Access tokens" },
  { id: "grants", title: "Grants" },
  { id: "sessions", title: "Browsers" },
  { id: "devices", title: "Devices" },
];

export default ({ params }) => html`
  <${Head}
    title="Sessions & tokens"
    lead=${
      "What is in use: access tokens, what people have given clients, browsers that are signed " +
      "in, and devices that wait for their user. Whatever you end is dead at once."
    }
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
