// Devices that wait for their user, or for what was allowed them.
import { html } from "../html.js";
import { api } from "../api.js";
import { Badge, Button, Empty, Link$, Time, confirm } from "../ui/kit.js";
import { List } from "../ui/list.js";
import { App, useEnding } from "./issued.js";

export const DeviceList = () => {
  const [version, run] = useEnding();
  const cancel = async (device) => {
    const text = device.state === "allowed" ? "What was allowed it ends before it has fetched its tokens." : "Its code leads nowhere any more, and it is told that it was denied.";
    if (await confirm({ title: `Deny this device of ${device.client_name || device.client_id}?`, action: "Deny device", danger: true, text })) {
      await run(() => api.delete(`/devices/${device.id}`), "The device is denied.");
    }
  };
  return html`<${List} path="/devices" order="-created" search="Client" label="Devices" version=${version} keyOf=${(device) => device.id}
    columns=${[
      { title: "Client", class: "named", cell: (device) => html`<${App} id=${device.client_id} />${device.client_name && device.client_name !== device.client_id && html`<br /><small>${device.client_name}</small>`}` },
      { title: "Asks for", class: "wide", cell: (device) => html`<small>${device.scope}${device.resources.length > 0 && html`<br />at ${device.resources.join(", ")}`}</small>` },
      { title: "Asked", sort: "-created", class: "tight", cell: (device) => html`<${Time} at=${device.created_at} />${device.address && html`<br /><small>from ${device.address}</small>`}` },
      { title: "State", class: "tight", cell: (device) => (device.state === "allowed"
        ? html`<${Badge} kind="good">allowed<//>${device.sub && html`<br /><small>by <${Link$} to=${`users/${encodeURIComponent(device.sub)}`}>${device.username || device.sub}<//></small>`}`
        : html`<${Badge}>waits for its user<//>`) },
      { title: "Expires", class: "tight", cell: (device) => html`<${Time} at=${device.expires_at} />` },
      { title: "Action", class: "end", cell: (device) => html`<${Button} kind="small" onClick=${() => cancel(device)}>Deny…<//>` },
    ]}
    empty=${html`<${Empty} icon="clock" title="No device waits"><p>A device that asks for access (RFC 8628) is here until its user has answered and it has its tokens, ten minutes at most.</p><//>`} />`;
};
