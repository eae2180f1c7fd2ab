import { html } from "../html.js";
import { Head } from "../ui/kit.js";
import { EventList } from "../parts/events.js";

export default () => html`
  <${Head} title="Events" lead="Refusals, sign-ins, delegations, revocations and what administrators did." />
  <${EventList} />
`;
