import { html } from "../html.js";

const SPRITE = new URL("../../vendor/icons.svg", import.meta.url).pathname;

// Icons are decoration: a text beside them always says the same.
export const Icon = ({ name, size = 18 }) => html`
  <svg class="icon" width=${size} height=${size} aria-hidden="true">
    <use href=${`${SPRITE}#${name}`} />
  </svg>
`;
