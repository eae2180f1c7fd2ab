// Durations: seconds, which people write as "1h".
import { html, useState, useEffect } from "../../html.js";
import { useForm } from "./context.js";
import { Control } from "./control.js";

/** @type {[string, number][]} */
const UNITS = [
  ["d", 86400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
];
/** Seconds in the notation of the settings: 3600 → "1h". */
const duration = (seconds) => {
  const [unit, size] = UNITS.find(([, size]) => seconds > 0 && seconds % size === 0) ?? ["s", 1];
  return `${seconds / size}${unit}`;
};
/** Seconds of a duration; null if the text is not one. */
const secondsOf = (text) => {
  const found = /^(\d+) ?([dhms]?)$/.exec(text.trim());
  return found && Number(found[1]) * (UNITS.find(([unit]) => unit === found[2])?.[1] ?? 1);
};

// A duration. The form's value is in seconds, null for the default, or the text while it is not a duration.
/** @param {{ name: string, label: any, hint?: any, [attribute: string]: any }} props */
export const Duration = ({ name, label, hint, ...rest }) => {
  const form = useForm();
  const value = form.value[name];
  const [text, setText] = useState(typeof value === "number" ? duration(value) : (value ?? ""));
  useEffect(() => {
    if (typeof value === "number" && secondsOf(text) !== value) setText(duration(value));
    if (value === null && text) setText("");
  }, [value]);
  return html`
    <${Control}
      name=${name}
      label=${label}
      hint=${hint}
      control=${(props) => html`
        <input
          ...${props}
          ...${rest}
          value=${text}
          autocomplete="off"
          spellcheck=${false}
          onInput=${(event) => {
            const typed = event.currentTarget.value;
            setText(typed);
            form.set(name, typed.trim() === "" ? null : (secondsOf(typed) ?? typed));
          }}
        />
      `}
    />
  `;
};
