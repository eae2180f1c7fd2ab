// Code to read and copy; JSON is colored.
import { html } from "../html.js";
import { CopyButton } from "./basics.js";

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?)/g;

function coloured(text) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(TOKEN)) {
    parts.push(text.slice(at, found.index));
    const kind = found[2] ? "key" : found[1] ? "string" : found[3] ? "word" : "number";
    parts.push(
      html`
        <span class=${`json-${kind}`}>${found[1] || found[0]}</span>
        ${found[2] || ""}
      `,
    );
    at = found.index + found[0].length;
  }
  parts.push(text.slice(at));
  return parts;
}

export const Json = ({ value, label = "JSON" }) => {
  const text = JSON.stringify(value, null, 2);
  return html`
    <pre class="code" tabindex=${0} role="group" aria-label=${label}>
      ${coloured(text)}
    </pre>
  `;
};

export const Code = ({ text, label = "Code", copy = true }) => html`
  <pre class="code" tabindex=${0} role="group" aria-label=${label}>
    ${text}
  </pre>
  ${copy && html`
    <div class="actions">
      <${CopyButton} text=${text} />
    </div>
  `}
`;
