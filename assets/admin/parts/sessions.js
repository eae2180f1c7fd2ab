// Browser logins, of everybody or of one user.
import { html, useState } from "../html.js";
import { api } from "../api.js";
import { Button, Empty, Link$, Time, toast } from "../ui/kit.js";
import { List } from "../ui/list.js";

export const SessionList = ({ user }) => {
  const [version, setVersion] = useState(0);
  const end = async (session) => {
    try { await api.delete(`/sessions/${session.id}`); toast("The browser is signed out."); setVersion((n) => n + 1); }
    catch (problem) { toast(problem.message, { kind: "bad" }); }
  };
  return html`<${List} path=${user ? `/sessions?user=${encodeURIComponent(user)}` : "/sessions"} order="-created" search=${user ? null : "Id or user"} label="Sessions" version=${version}
    filters=${user ? [] : [{ name: "sub", label: "User" }]}
    keyOf=${(session) => session.id}
    columns=${[
      ...(user ? [] : [{ title: "User", cell: (session) => html`<${Link$} to=${`users/${encodeURIComponent(session.sub)}`}>${session.username || session.sub}<//>` }]),
      { title: "Browser", cell: (session) => html`${browser(session.user_agent)}<br /><small>${session.address || ""}</small>` },
      { title: "Signed in", sort: "-created", class: "tight", cell: (session) => html`<${Time} at=${session.auth_time} />` },
      { title: "Last used", class: "tight", cell: (session) => html`<${Time} at=${session.last_used_at} />` },
      { title: "Ends", class: "tight", cell: (session) => html`<${Time} at=${session.expires_at} />` },
      { title: "Action", class: "end", cell: (session) => html`<${Button} kind="small" onClick=${() => end(session)}>Sign out<//>` },
    ]}
    empty=${html`<${Empty} icon="clock" title="Nobody is signed in" />`} />`;
};

const NAMES = [["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"], ["curl/", "curl"]];
const SYSTEMS = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac OS", "macOS"], ["Linux", "Linux"]];
function browser(agent) {
  if (!agent) return "Unknown browser";
  const find = (list) => (list.find(([mark]) => agent.includes(mark)) || [])[1];
  return [find(NAMES), find(SYSTEMS)].filter(Boolean).join(" on ") || agent.slice(0, 60);
}
