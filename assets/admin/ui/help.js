// List of shortcuts.
import { html } from "../html.js";
import { ROUTES } from "../routes.js";
import { Dialog } from "./dialog.js";
import { singleKeys } from "../single_keys.js";

const pages = ROUTES.filter((route) => route.key);

export const Help = ({ onClose }) => html`
  <${Dialog} title="Keyboard shortcuts" onClose=${onClose}>
    <dl class="keys">
      <div>
        <dt>
          <kbd>Ctrl</kbd> <kbd>K</kbd>
        </dt>
        <dd>Search, or paste a token or trace ID</dd>
      </div>
      <div>
        <dt>
          <kbd>/</kbd>
        </dt>
        <dd>Search this list</dd>
      </div>
      <div>
        <dt>
          <kbd>n</kbd>
        </dt>
        <dd>Create new</dd>
      </div>
      <div>
        <dt>
          <kbd>Ctrl</kbd> <kbd>S</kbd>
        </dt>
        <dd>Save form</dd>
      </div>
      ${pages.map((page) => html`
        <div key=${page.path}>
          <dt>
            <kbd>g</kbd> <kbd>${page.key}</kbd>
          </dt>
          <dd>Go to ${page.title}</dd>
        </div>
      `)}
      <div>
        <dt>
          <kbd>?</kbd>
        </dt>
        <dd>Show shortcuts</dd>
      </div>
    </dl>
    <label class="option">
      <input
        type="checkbox"
        checked=${singleKeys.on()}
        onChange=${(event) => singleKeys.set(event.currentTarget.checked)}
      />
      <span>Enable single-key shortcuts</span>
    </label>
    <div class="actions">
      <button type="button" class="button" onClick=${onClose} autofocus>
        Close
      </button>
    </div>
  <//>
`;
