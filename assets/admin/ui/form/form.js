// A form: its values, saving them, and a summary of the error with the focus.
import { html, useState, useEffect, useRef } from "../../html.js";
import { Button, Note } from "../basics.js";
import { FormContext, same } from "./context.js";
import { leaving } from "./leaving.js";

// `initial` is the object to edit; `onSubmit(value)` may throw a `Problem`, whose `field` names a member. Where
// `initial` changes, members without edits follow it. `onStale` reloads it after someone else changed the object.
/**
 * @param {{
 *   initial: any, onSubmit: (value: any) => any, onStale?: () => any, submit?: string, children?: any,
 *   onCancel?: () => void, disabled?: boolean
 * }} props
 */
export const Form = ({ initial, onSubmit, onStale, submit = "Save", children, onCancel, disabled }) => {
  const [value, setValue] = useState(initial);
  const [error, setError] = useState(/** @type {import("../../api.js").Problem | null} */ (null));
  const [busy, setBusy] = useState(false);
  // Members that both this form and someone else changed.
  const [disputed, setDisputed] = useState(/** @type {string[]} */ ([]));
  const summary = useRef(/** @type {any} */ (null));
  const sent = useRef(false);
  const base = useRef(initial);
  // Label and id of each control by member, for the summary and its link.
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
  /** @type {import("./context.js").FormState} */
  const form = {
    value,
    error,
    controls: controls.current,
    disabled,
    // An edit during or after a save has not been sent.
    set: (name, next) => {
      sent.current = false;
      setValue((before) => ({ ...before, [name]: next }));
    },
    errorOf: (/** @type {string} */ name) =>
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
    <${FormContext.Provider} value=${form}>
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
            aria-busy=${busy ? "true" : undefined}
          >
            ${submit}
          </button>
        </div>
      </form>
    <//>
  `;
};

// Member of an error's field: `members` of `members[0]` and of `members.part`.
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
