// When the client was last used, what it was refused and why, and all it is named in.
import { html } from "../html.js";
import { api } from "../api.js";
import { Card, Empty, Link$, Loading, Time, useLoad } from "../ui/kit.js";
import { EventList } from "../parts/events.js";

export default ({ client, path }) => {
  const { client_id } = client;
  const state = useLoad(async () => {
    const [usage, flows] = await Promise.all([api.get(`${path}/use`), api.get("/flows", { client_id, outcome: "refused", limit: 5 })]);
    return { usage, flows };
  }, []);
  return html`<${Loading} state=${state}>${({ usage, flows }) => html`
    <p>Last used: ${usage.last_used_at ? html`<b><${Time} at=${usage.last_used_at} /></b>` : "not lately"}. <${Link$} to="flows" query=${{ client_id }}>Its flows, step by step<//></p>
    <${Card} title="Refused lately" flush>${flows.items.length === 0
      ? html`<${Empty} icon="circle-check" title="Nothing was refused">${flows.recorded === "off" && html`<p>Flows are not recorded: see the setting <code>flows</code>. Refusals are among the events below.</p>`}<//>`
      : html`<div class="scroll" tabindex="0" role="region" aria-label="Latest refusals"><table>
        <thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">Fix</th></tr></thead>
        <tbody>${flows.items.map((flow) => html`<tr key=${flow.id}><td class="tight"><${Time} at=${flow.started_at} /></td>
          <td class="wide"><${Link$} to=${`flows/${flow.id}`}><b>${flow.title}</b><//><br /><small><code>${flow.error}</code> ${flow.summary}</small></td>
          <td class="wide"><small>${flow.fix}</small></td></tr>`)}</tbody></table></div>`}<//>`}<//>
    <h2>Events</h2><${EventList} fixed=${{ client_id }} />`;
};
