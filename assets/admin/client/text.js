// The client as text that makes it again, never with a secret.
import { html } from "../html.js";
import { api } from "../api.js";
import { Card, Loading, useLoad } from "../ui/kit.js";
import { Code } from "../ui/code.js";

export default ({ client, path }) => html`<${Loading} state=${useLoad(() => api.get(`${path}/declaration`), [client.updated_at])}>${({ toml, command }) => html`
  <div class="columns">
    <${Card} title="For keyfob.toml"><${Code} text=${toml} label="TOML" />
      <p class="soft">As <code>keyfob config export</code> writes it. A client that the file declares is changed there and nowhere else.</p><//>
    <${Card} title="As a command"><${Code} text=${command} label="Command" />
      <p class="soft">Makes this client in another database${client.secrets.length > 0 ? " and prints a secret of its own" : ""}.</p><//>
  </div>`}<//>`;
