// Field for a user, team or client, with suggestions from the server.
import { html, useEffect, useId, useState } from "../html.js";
import { api } from "../api.js";
import { Control, useForm } from "./form.js";

/** @type {Record<string, [string, (item: any) => [string, string]]>} */
const SOURCES = {
  user: ["/users", (user) => [user.username, [user.given_name, user.family_name].filter(Boolean).join(" ")]],
  team: ["/teams", (team) => [team.id, team.name]],
  client: ["/clients", (client) => [client.client_id, client.client_name]],
};
const MOST = 8;
const PAUSE = 200;

/**
 * @param {{
 *   kind: "user" | "team" | "client", value: string, onInput: (value: string) => void, [attribute: string]: any
 * }} props
 */
export const Picker = ({ kind, value, onInput, ...rest }) => {
  const list = useId();
  const [found, setFound] = useState(/** @type {[string, string][]} */ ([]));
  useEffect(() => {
    const [path, entry] = SOURCES[kind];
    let gone = false;
    const timer = setTimeout(async () => {
      // No suggestions; the value is checked when it is sent.
      const page = await api.get(path, { q: value, limit: MOST }).catch(() => ({ items: [] }));
      if (!gone) setFound(page.items.map(entry));
    }, PAUSE);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [kind, value]);
  return html`
    <input
      ...${rest}
      list=${list}
      value=${value}
      autocomplete="off"
      spellcheck=${false}
      onInput=${(event) => onInput(event.currentTarget.value)}
    />
    <datalist id=${list}>
      ${found.map(([id, name]) => html`
        <option value=${id} key=${id}>
          ${name}
        </option>
      `)}
    </datalist>
  `;
};

// `Picker` as a field of a form.
/** @param {{ name: string, kind: "user" | "team" | "client", label: any, hint?: any }} props */
export const Pick = ({ name, kind, label, hint }) => {
  const form = useForm();
  return html`
    <${Control}
      name=${name}
      label=${label}
      hint=${hint}
      control=${(props) => html`
        <${Picker}
          ...${props}
          kind=${kind}
          value=${form.value[name] ?? ""}
          onInput=${(value) => form.set(name, value)}
        />
      `}
    />
  `;
};
