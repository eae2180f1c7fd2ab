import { html } from "../html.js";
import { Head } from "../ui/kit.js";
import { Ledger } from "../parts/delegations.js";

export default () => html`
  <${Head} title="Delegations" lead="Who acts for whom, and how far. Whatever you end is dead at once, with all that hangs on it." />
  <${Ledger} />`;
