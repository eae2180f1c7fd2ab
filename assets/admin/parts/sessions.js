// Sessions, of all users or of one, and devices that are waiting for their user or for their tokens.
import { html } from "../html.js";
import { api } from "../api.js";
import { Badge, Button, Empty, Link, Time, confirm } from "../ui/kit.js";
import { List } from "../ui/list.js";
import { App, useEnding } from "./issued.js";

/** @param {{ user?: string }} props */
export const SessionList = ({ user }) => {
  const [version, run] = useEnding();
  const end = (session) => run(() => api.delete(`/sessions/${session.id}`), "Browser signed out.");
  return html`
    <${List}
      path=${user ? `/sessions?user=${encodeURIComponent(user)}` : "/sessions"}
      order="-created"
      search=${user ? null : "ID or user"}
      label="Sessions"
      version=${version}
      filters=${user ? [] : [{ name: "sub", label: "User" }]}
      keyOf=${(session) => session.id}
      columns=${[
        ...(user
          ? []
          : [
              {
                title: "User",
                cell: (session) => html`
                  <${Link} to=${`users/${encodeURIComponent(session.sub)}`}>${session.username || session.sub}<//>
                `,
              },
            ]),
        {
          title: "Browser",
          cell: (session) => html`
            ${browser(session.user_agent)}
            <br />
            <small>${session.address || ""}</small>
          `,
        },
        {
          title: "Signed in",
          sort: "-created",
          kind: "fit",
          cell: (session) => html`<${Time} at=${session.auth_time} />`,
        },
        {
          title: "Last used",
          minor: true,
          kind: "fit",
          cell: (session) => html`<${Time} at=${session.last_used_at} />`,
        },
        { title: "Expires", kind: "fit", cell: (session) => html`<${Time} at=${session.expires_at} />` },
        {
          title: "Actions",
          kind: "action",
          cell: (session) => html`
            <${Button} kind="small" onClick=${() => end(session)}>
              Sign out
            <//>
          `,
        },
      ]}
      empty=${html`<${Empty} icon="clock" title="No active sessions" />`}
    />
  `;
};

export const DeviceList = () => {
  const [version, run] = useEnding();
  const cancel = async (device) => {
    const text =
      device.state === "allowed"
        ? "The user's approval is revoked before the device gets its tokens."
        : "Its code stops working, and the device is told that access was denied.";
    if (
      await confirm({
        title: `Deny access for this ${device.client_name || device.client_id} device?`,
        action: "Deny device",
        danger: true,
        text,
      })
    ) {
      await run(() => api.delete(`/devices/${device.id}`), "Device denied.");
    }
  };
  return html`
    <${List}
      path="/devices"
      order="-created"
      search="Client"
      label="Devices"
      version=${version}
      keyOf=${(device) => device.id}
      columns=${[
        {
          title: "Client",

          cell: (device) => html`
            <${App} id=${device.client_id} />
            ${device.client_name && device.client_name !== device.client_id && html`
              <br />
              <small>${device.client_name}</small>
            `}
          `,
        },
        {
          title: "Requested scopes",
          kind: "prose",
          cell: (device) => html`
            <small>
              ${device.scope}
              ${device.resources.length > 0 && html`
                <br />
                API: ${device.resources.join(", ")}
              `}
            </small>
          `,
        },
        {
          title: "Requested",
          sort: "-created",
          kind: "fit",
          cell: (device) => html`
            <${Time} at=${device.created_at} />
            ${device.address && html`
              <br />
              <small>from ${device.address}</small>
            `}
          `,
        },
        {
          title: "State",
          kind: "fit",
          cell: (device) =>
            device.state === "allowed" ? html`
              <${Badge} kind="good">Approved<//>
              ${device.sub && html`
                <br />
                <small>
                  by${" "}
                  <${Link} to=${`users/${encodeURIComponent(device.sub)}`}>
                    ${device.username || device.sub}
                  <//>
                </small>
              `}
            ` : html`
              <${Badge}>Waiting for user<//>
            `,
        },
        { title: "Expires", minor: true, kind: "fit", cell: (device) => html`<${Time} at=${device.expires_at} />` },
        {
          title: "Actions",
          kind: "action",
          cell: (device) => html`
            <${Button} kind="small" onClick=${() => cancel(device)}>
              Deny…
            <//>
          `,
        },
      ]}
      empty=${html`
        <${Empty} icon="clock" title="No pending devices">
          <p>
            Devices that request access (RFC 8628) are listed here until the user decides and the device gets
            its tokens, 10 minutes at most.
          </p>
        <//>
      `}
    />
  `;
};

const NAMES = [
  ["Edg/", "Edge"],
  ["OPR/", "Opera"],
  ["Firefox/", "Firefox"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
  ["curl/", "curl"],
];
const SYSTEMS = [
  ["Android", "Android"],
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Windows", "Windows"],
  ["Mac OS", "macOS"],
  ["Linux", "Linux"],
];
function browser(agent) {
  if (!agent) return "Unknown browser";
  const find = (list) => (list.find(([mark]) => agent.includes(mark)) || [])[1];
  return [find(NAMES), find(SYSTEMS)].filter(Boolean).join(" on ") || agent.slice(0, 60);
}
