// Modal dialogs. The native element keeps the focus inside and closes on Escape. Loaded with the first dialog.
import { html, render, useState, useEffect, useRef } from "../html.js";
import { Button, Note } from "./basics.js";

/** @param {{ title: any, onClose: () => void, children?: any, wide?: boolean }} props */
export const Dialog = ({ title, onClose, children, wide }) => {
  const element = useRef(/** @type {any} */ (null));
  // Element that had the focus before, and gets it back.
  const before = useRef(/** @type {HTMLElement} */ (document.activeElement));
  useEffect(() => {
    element.current.showModal();
    return () =>
      setTimeout(() => {
        if (document.activeElement === document.body) before.current.focus();
      });
  }, []);
  return html`
    <dialog
      ref=${element}
      class=${wide ? "wide" : ""}
      aria-labelledby="dialog-title"
      onClose=${onClose}
      onCancel=${(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <h2 id="dialog-title">${title}</h2>
      ${children}
    </dialog>
  `;
};

// One dialog at a time, rendered outside the page.
const place = document.body.appendChild(document.createElement("div"));
const ask = (question) =>
  new Promise((resolve) => {
    const answer = (value) => {
      render(null, place);
      resolve(value);
    };
    render(
      question.kind === "password" ? html`
        <${Password} check=${question.check} answer=${answer} />
      ` : html`
        <${Confirm} question=${question} answer=${answer} />
      `,
      place,
    );
  });

// Resolves to whether the user agreed. `name`: text to type first, for actions that cannot be undone.
export const confirm = (question) => ask({ kind: "confirm", ...question });
// Resolves to whether the user confirmed their password.
export const askPassword = (check) => ask({ kind: "password", check });

const Confirm = ({ question, answer }) => {
  const [typed, setTyped] = useState("");
  const ready = !question.name || typed === question.name;
  return html`
    <${Dialog} title=${question.title} onClose=${() => answer(false)}>
      <form
        method="dialog"
        onSubmit=${(event) => {
          event.preventDefault();
          if (ready) answer(true);
        }}
      >
        <div>${question.text}</div>
        ${question.name && html`
          <label class="field">
            <span class="label">
              Type <code>${question.name}</code> to confirm
            </span>
            <input
              value=${typed}
              onInput=${(event) => setTyped(event.currentTarget.value)}
              autocomplete="off"
              spellcheck=${false}
              autofocus
            />
          </label>
        `}
        <div class="actions">
          <${Button} onClick=${() => answer(false)}>Cancel<//>
          <button
            type="submit"
            class=${`button ${question.danger ? "danger solid" : "primary"}`}
            disabled=${!ready}
            autofocus=${!question.name}
          >
            ${question.action}
          </button>
        </div>
      </form>
    <//>
  `;
};

const Password = ({ check, answer }) => {
  const [error, setError] = useState(/** @type {import("../api.js").Problem | null} */ (null));
  const submit = async (event) => {
    event.preventDefault();
    const problem = await check(new FormData(event.target).get("password"));
    if (problem) setError(problem);
    else answer(true);
  };
  return html`
    <${Dialog} title="Confirm your password" onClose=${() => answer(false)}>
      <form onSubmit=${submit}>
        <p>For security, enter your password again.</p>
        ${error && html`
          <${Note} kind="bad" role="alert">
            ${error}
          <//>
        `}
        <label class="field">
          <span class="label">Password</span>
          <input name="password" type="password" autocomplete="current-password" required autofocus />
        </label>
        <div class="actions">
          <${Button} onClick=${() => answer(false)}>Cancel<//>
          <button type="submit" class="button primary">
            Confirm
          </button>
        </div>
      </form>
    <//>
  `;
};
