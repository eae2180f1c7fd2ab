// Texts: of one line, of several, and lists with an entry a line.
import { html, useState, useEffect } from "../../html.js";
import { same, useForm } from "./context.js";
import { Control } from "./control.js";

/**
 * @param {{
 *   name: string, label: any, hint?: any, type?: string, mono?: boolean, warn?: (value: string) => any,
 *   [attribute: string]: any
 * }} props
 */
export const Text = ({ name, label, hint, type = "text", mono, warn, ...rest }) => {
  const form = useForm();
  const value = form.value[name] ?? "";
  return html`
    <${Control}
      name=${name}
      label=${label}
      hint=${hint}
      warning=${warn?.(value)}
      control=${(props) => html`
        <input
          ...${props}
          ...${rest}
          type=${type}
          class=${mono ? "mono" : ""}
          value=${value}
          onInput=${(event) => form.set(name, event.currentTarget.value)}
          spellcheck=${mono ? false : undefined}
        />
      `}
    />
  `;
};

// Text of several lines.
/** @param {{ name: string, label: any, hint?: any, rows?: number }} props */
export const Area = ({ name, label, hint, rows = 6 }) => {
  const form = useForm();
  return html`
    <${Control}
      name=${name}
      label=${label}
      hint=${hint}
      control=${(props) => html`
        <textarea
          ...${props}
          rows=${rows}
          class="mono"
          spellcheck=${false}
          value=${form.value[name] ?? ""}
          onInput=${(event) => form.set(name, event.currentTarget.value)}
        />
      `}
    />
  `;
};

// List with one entry per line.
/** @param {{ name: string, label: any, hint?: any, rows?: number, warn?: (line: string) => any }} props */
export const Lines = ({ name, label, hint, rows = 3, warn }) => {
  const form = useForm();
  const list = form.value[name] || [];
  const [text, setText] = useState(list.join("\n"));
  const entries = (lines) =>
    lines
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
  useEffect(() => {
    if (!same(entries(text), list)) setText(list.join("\n"));
  }, [list.join("\n")]);
  const warning = warn && list.map(warn).find(Boolean);
  return html`
    <${Control}
      name=${name}
      label=${label}
      hint=${hint}
      warning=${warning}
      control=${(props) => html`
        <textarea
          ...${props}
          rows=${rows}
          class="mono"
          spellcheck=${false}
          value=${text}
          onInput=${(event) => {
            setText(event.currentTarget.value);
            form.set(name, entries(event.currentTarget.value));
          }}
        />
      `}
    />
  `;
};
