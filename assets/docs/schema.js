// A JSON Schema as a list, and an example made from it.
import { html, useState } from "../admin/html.js";
import { Badge } from "./kit.js";

export function resolve(root, schema) {
  return schema?.$ref
    ? schema.$ref
        .slice(2)
        .split("/")
        .reduce((at, name) => at[name], root)
    : schema || {};
}

// Short description of a schema, shown beside the member's name.
function words(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  const either = schema.anyOf || schema.oneOf;
  if (either) return either.map(words).join(" or ");
  if (schema.allOf) return schema.allOf.map(words).join(" and ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(", ");
  if (schema.type === "array") return `array of ${words(schema.items || {})}`;
  const type = [].concat(schema.type || "any").join(" or ");
  return schema.format ? `${type} (${schema.format})` : type;
}

// Members of an object schema, also of combined schemas; null if it has none.
export function members(root, schema) {
  const told = resolve(root, schema);
  if (told.allOf) {
    const parts = told.allOf.map((one) => members(root, one)).filter(Boolean);
    return parts.length
      ? {
          properties: Object.assign({}, ...parts.map((one) => one.properties)),
          required: parts.flatMap((one) => one.required),
        }
      : null;
  }
  const either = (told.anyOf || told.oneOf || []).filter((one) => one.type !== "null");
  if (either.length === 1) return members(root, either[0]);
  if (told.type === "array") return told.items ? members(root, told.items) : null;
  return told.properties ? { properties: told.properties, required: told.required || [] } : null;
}

// Description; text between backticks is code.
export const spoken = (text) => text.split("`").map((part, at) => (at % 2 ? html`<code>${part}</code>` : part));

// Members are rendered when they are expanded, so that a schema can contain itself.
export const Schema = ({ root, schema, open = false }) => {
  const [shown, setShown] = useState(open);
  const inner = members(root, schema);
  if (!inner) return html`<span class="soft">${words(schema)}</span>`;
  return html`
    <details
      open=${shown}
      onToggle=${(event) => {
        if (event.target === event.currentTarget) setShown(event.currentTarget.open);
      }}
    >
      <summary class="soft">${words(schema)}</summary>
      ${shown && html`
        <ul class="schema">
          ${Object.entries(inner.properties).map(([name, one]) => html`
            <li key=${name}>
              <code>${name}</code> ${inner.required.includes(name) && html`<${Badge}>required<//>`}
              <${Schema} root=${root} schema=${one} />
              ${one.description && html`<p>${spoken(one.description)}</p>`}
            </li>
          `)}
        </ul>
      `}
    </details>
  `;
};

// Example with the required members.
export function example(root, schema, depth = 0) {
  const told = resolve(root, schema);
  if (told.default !== undefined) return told.default;
  if (told.const !== undefined) return told.const;
  if (told.enum) return told.enum[0];
  if (told.type === "array") return [];
  const inner = depth < 3 && members(root, told);
  if (inner)
    return Object.fromEntries(
      inner.required.map((name) => [name, example(root, inner.properties[name] || {}, depth + 1)]),
    );
  const type = [].concat(told.type || "string")[0];
  return { integer: 0, number: 0, boolean: false, object: {}, null: null }[type] ?? "";
}
