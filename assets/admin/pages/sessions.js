import { html } from "../html.js";
import { Head } from "../ui/kit.js";
import { SessionList } from "../parts/sessions.js";

export default () => html`<${Head} title="Sessions" lead="Browsers that are signed in at this server." /><${SessionList} />`;
