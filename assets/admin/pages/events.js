import { html } from "../html.js";
import { Head } from "../ui/kit.js";
import { EventList } from "../parts/events.js";

export default () => html`
  <${Head}
    title="Events"
    lead="Audit log: sign-ins, failures, delegation, revocations and changes by administrators."
  />
  <${EventList} />
`;
