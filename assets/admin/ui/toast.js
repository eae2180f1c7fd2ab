// Short messages at the bottom of the page, read out by screen readers. Undo is offered for ten seconds.
import { html, useState, useEffect } from "../html.js";
import { Icon } from "./icon.js";

/** @typedef {{ id: number, text: string, kind: string, undo?: () => void }} Toast */

let show = (/** @type {Toast} */ _one) => {};
let next = 0;

/**
 * @param {string} text
 * @param {{ kind?: string, undo?: () => any }} [options]
 */
export function toast(text, { kind = "good", undo } = {}) {
  show({ id: ++next, text, kind, undo });
}

export const Toasts = () => {
  const [toasts, setToasts] = useState(/** @type {Toast[]} */ ([]));
  const drop = (id) => setToasts((all) => all.filter((one) => one.id !== id));
  useEffect(() => {
    show = (one) => {
      setToasts((all) => [...all.slice(-3), one]);
      setTimeout(drop, one.undo ? 10000 : 5000, one.id);
    };
  }, []);
  return html`
    <div class="toasts" role="status" aria-live="polite">
      ${toasts.map((one) => html`
        <div class=${`toast ${one.kind}`} key=${one.id}>
          <span>${one.text}</span>
          ${one.undo && html`
            <button
              type="button"
              class="button small"
              onClick=${() => {
                drop(one.id);
                one.undo?.();
              }}
            >
              <${Icon} name="rotate-ccw" size=${16} />
              <span>Undo</span>
            </button>
          `}
          <button type="button" class="bare" aria-label="Dismiss" onClick=${() => drop(one.id)}>
            <${Icon} name="x" size=${16} />
          </button>
        </div>
      `)}
    </div>
  `;
};
