import { html } from "../html.js";

const SPRITE = new URL("../../vendor/icons.svg", import.meta.url).pathname;

// Icons are decoration: what they mean is always said in words as well.
export const Icon = ({ name, size = 18 }) => html`
  <svg class="icon" width=${size} height=${size} aria-hidden="true">
    <use href=${`${SPRITE}#${name}`} />
  </svg>
`;
