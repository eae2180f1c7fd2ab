// What people have given the client.
import { html } from "../html.js";
import { GrantList } from "../parts/issued.js";

export default ({ client }) => html`<${GrantList} fixed=${{ client_id: client.client_id }} />`;
