// Forms: labels, hints, the error at its field and a summary with the focus, and a guard of unsaved changes.
import { html, createContext, useContext, useState, useEffect, useRef, useId } from "../html.js";
import { guard } from "../router.js";
import { Button, Note } from "./basics.js";

const Form$ = createContext(null);

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// `value` is the object the form edits; `onSubmit(value)` may throw a `Problem`, whose `field` names a member.
// When `initial` is loaded anew, what was not touched here follows it. `onStale` loads it anew, for when somebody
// else has changed it in the meantime.
/**
 * @param {{
 *   initial: any, onSubmit: (value: any) => any, onStale?: () => any, submit?: string, children?: any,
 *   onCancel?: () => void, disabled?: boolean
 * }} props
 */
export const Form = ({ initial, onSubmit, onStale, submit = "Save", children, onCancel, disabled }) => {
  const [value, setValue] = useState(initial);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  // Members that someone else changed, and this form, too.
  const [disputed, setDisputed] = useState([]);
  const summary = useRef(/** @type {any} */ (null));
  const sent = useRef(false);
  const base = useRef(initial);
  // The controls that are drawn, by member: what the summary calls them and links to.
  const controls = useRef(/** @type {Map<string, { id: string, label: any }>} */ (new Map()));
  const labelOf = (name) => controls.current.get(name)?.label ?? name;
  const dirty = !same(value, initial);
  useEffect(() => {
    const before = base.current;
    if (same(before, initial)) return;
    base.current = initial;
    const mine = Object.keys(initial).filter(
      (name) => !sent.current && !same(value[name], before[name]) && !same(value[name], initial[name]),
    );
    setDisputed(mine.filter((name) => !same(before[name], initial[name])));
    setValue({ ...initial, ...Object.fromEntries(mine.map((name) => [name, value[name]])) });
  }, [JSON.stringify(initial)]);
  useEffect(() => {
    sent.current = false;
    return dirty
      ? leaving(() => sent.current || window.confirm("You have unsaved changes. Leave without saving?"))
      : undefined;
  }, [dirty]);
  useEffect(() => {
    if (error && summary.current) summary.current.focus();
  }, [error]);
  const run = async (event) => {
    event.preventDefault();
    if (busy || disabled) return;
    setBusy(true);
    setError(null);
    try {
      sent.current = true;
      await onSubmit(value);
      setDisputed([]);
    } catch (problem) {
      sent.current = false;
      if (problem.status === 412 && onStale) await onStale();
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  const form = {
    value,
    error,
    controls: controls.current,
    disabled,
    // What is typed while a save is under way, or after it, was not sent.
    set: (name, next) => {
      sent.current = false;
      setValue((before) => ({ ...before, [name]: next }));
    },
    errorOf: (name) =>
      error?.field &&
      (error.field === name || error.field.startsWith(`${name}[`) || error.field.startsWith(`${name}.`))
        ? error
        : null,
  };
  const keys = (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      event.preventDefault();
      event.currentTarget.requestSubmit();
    }
  };
  return html`
    <${Form$.Provider} value=${form}>
      <form class="form" onSubmit=${run} onKeyDown=${keys} novalidate>
        ${error && html`
          <div ref=${summary} tabindex=${-1}>
            <${Note} kind="bad" role="alert" title="Not saved.">
              ${error.status === 412 && onStale ? html`
                Someone else changed this while you were editing. Fields you did not edit now show their
                values.
                ${disputed.length > 0 ? html`
                  ${" "}
                  ${`You both changed ${disputed.map(labelOf).join(", ")}. Save again to keep your values, or`}${" "}
                  <button
                    type="button"
                    class="link"
                    onClick=${() => {
                      setValue(initial);
                      setDisputed([]);
                      setError(null);
                    }}
                  >
                    use theirs
                  </button>
                  .
                ` : (
                  " Review the form and save again."
                )}
              ` : html`
                ${error.field && html`
                  <${FieldLink} of=${controls.current.get(owner(error.field))} name=${error.field} />
                `}
                ${error.message}
              `}
            <//>
          </div>
        `}
        ${typeof children === "function" ? children(form) : children}
        <div class="actions">
          ${onCancel && html`<${Button} onClick=${onCancel}>Cancel<//>`}
          <button
            type="submit"
            class="button primary"
            disabled=${busy || disabled}
            aria-busy=${busy ? "true" : null}
          >
            ${submit}
          </button>
        </div>
      </form>
    <//>
  `;
};

// The member that an error names, of `members[0]` and `members.part` alike.
const owner = (field) => field.split(/[[.]/)[0];

/** @param {{ of?: { id: string, label: any }, name: string }} props */
const FieldLink = ({ of, name }) => {
  if (!of)
    return html`
      <code>${name}</code>:${" "}
    `;
  const go = (event) => {
    event.preventDefault();
    document.getElementById(of.id)?.focus();
  };
  return html`
    <a href=${`#${of.id}`} onClick=${go}>
      ${of.label}
    </a>
    :${" "}
  `;
};

// Has `ask(to)` asked before the page is left, and the browser ask before it is closed. Answers with what ends it.
export function leaving(ask) {
  const warn = (event) => event.preventDefault();
  const end = guard(ask);
  addEventListener("beforeunload", warn);
  return () => {
    end();
    removeEventListener("beforeunload", warn);
  };
}

export const useForm = () => useContext(Form$);

// One labelled control. `control(props)` draws it.
/** @param {{ name: string, label: any, hint?: any, warning?: any, control: (props: any) => any }} props */
export const Control = ({ name, label, hint, warning, control }) => {
  const form = useForm();
  const id = useId();
  form.controls.set(name, { id, label });
  const error = form.errorOf(name);
  const described = [hint && `${id}-hint`, error && `${id}-error`, warning && `${id}-warning`]
    .filter(Boolean)
    .join(" ");
  return html`
    <div class="field">
      <label class="label" for=${id}>
        ${label}
      </label>
      ${control({
        id,
        name,
        disabled: form.disabled,
        "aria-invalid": error ? "true" : null,
        "aria-describedby": described || null,
      })}
      ${hint && html`<small id=${`${id}-hint`}>${hint}</small>`}
      ${warning && html`
        <small class="warning" id=${`${id}-warning`} role="status">
          ${warning}
        </small>
      `}
      ${error && html`
        <small class="error" id=${`${id}-error`}>
          ${error.message}
        </small>
      `}
    </div>
  `;
};

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

/** @type {[string, number][]} */
const UNITS = [
  ["d", 86400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
];
/** Seconds as the settings write them: 3600 → "1h". */
const duration = (seconds) => {
  const [unit, size] = UNITS.find(([, size]) => seconds > 0 && seconds % size === 0) ?? ["s", 1];
  return `${seconds / size}${unit}`;
};
/** The seconds of such a text; null where it is none. */
const secondsOf = (text) => {
  const found = /^(\d+) ?([dhms]?)$/.exec(text.trim());
  return found && Number(found[1]) * (UNITS.find(([unit]) => unit === found[2])?.[1] ?? 1);
};

// A length of time. The form's value is in seconds, null for the default, or the text while it is no duration.
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

// Text of several lines, as it is typed.
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

// A list with one entry a line.
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

/** @param {{ name: string, label: any, hint?: any, options: any[][] }} props */
export const Select = ({ name, label, hint, options }) => {
  const form = useForm();
  return html`
    <${Control}
      name=${name}
      label=${label}
      hint=${hint}
      control=${(props) => html`
        <select ...${props} onChange=${(event) => form.set(name, event.currentTarget.value)}>
          ${options.map(([value, text]) => html`
            <option value=${value} selected=${value === (form.value[name] ?? "")} key=${value}>
              ${text}
            </option>
          `)}
        </select>
      `}
    />
  `;
};

/** @param {{ name: string, label: any, hint?: any }} props */
export const Check = ({ name, label, hint }) => {
  const form = useForm();
  const id = useId();
  form.controls.set(name, { id, label });
  const error = form.errorOf(name);
  return html`
    <div class="field check">
      <input
        id=${id}
        type="checkbox"
        checked=${Boolean(form.value[name])}
        disabled=${form.disabled}
        aria-describedby=${hint ? `${id}-hint` : null}
        onChange=${(event) => form.set(name, event.currentTarget.checked)}
      />
      <div>
        <label for=${id}>${label}</label>
        ${hint && html`<small id=${`${id}-hint`}>${hint}</small>`}
        ${error && html`<small class="error">${error.message}</small>`}
      </div>
    </div>
  `;
};

// Several of a few: a list of names as check boxes.
/** @param {{ name: string, label: any, hint?: any, options: any[][] }} props */
export const Checks = ({ name, label, hint, options }) => {
  const form = useForm();
  const id = useId();
  const chosen = form.value[name] || [];
  form.controls.set(name, { id, label });
  const error = form.errorOf(name);
  return html`
    <fieldset class="field" id=${id} tabindex=${-1}>
      <legend class="label">${label}</legend>
      <div class="checks">
        ${options.map(([value, text, about]) => html`
          <label key=${value} class="option">
            <input
              type="checkbox"
              disabled=${form.disabled}
              checked=${chosen.includes(value)}
              onChange=${(event) =>
                form.set(
                  name,
                  event.currentTarget.checked ? [...chosen, value] : chosen.filter((one) => one !== value),
                )
              }
            />
            <span>
              ${text}
              ${about && html`<small>${about}</small>`}
            </span>
          </label>
        `)}
      </div>
      ${hint && html`<small>${hint}</small>`}
      ${error && html`<small class="error">${error.message}</small>`}
    </fieldset>
  `;
};
