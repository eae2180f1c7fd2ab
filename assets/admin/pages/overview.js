import { html } from "../html.js";
import { api } from "../api.js";
import { href, navigate } from "../router.js";
import { Button, Card, Head, Icon, Link$, Loading, useLoad } from "../ui/kit.js";

export default () => {
  const state = useLoad(() => api.get("/clients", { limit: 1 }), []);
  return html`
    <${Head} title="Overview" actions=${html`<${Button} kind="primary" icon="plus" data-new onClick=${() => navigate(href("clients/new"))}>New client<//>`} />
    <${Loading} state=${state} lines=${4}>${(clients) => {
      const client = clients.items[0];
      const steps = [
        { title: "Create the administrator", done: true },
        { title: "Register a client", about: "An app that asks this server for tokens.", done: Boolean(client), to: "clients/new", action: "New client" },
        { title: "Paste the settings into your app", about: "Ready for Auth.js, openid-client, Spring, Authlib and more.", done: false, to: client ? `clients/${encodeURIComponent(client.client_id)}` : "clients", action: "Show code" },
      ];
      return html`<${Card} title="Get your first verified token"><ul class="steps">${steps.map((step) => html`
        <li class=${step.done ? "done" : ""} key=${step.title}><${Icon} name=${step.done ? "circle-check" : "play"} />
          <div><b>${step.title}</b>${!step.done && step.about && html`<br /><small>${step.about}</small>`}</div>
          ${!step.done && html`<${Link$} class="button small" to=${step.to}>${step.action}<//>`}</li>`)}</ul><//>`;
    }}<//>`;
};
