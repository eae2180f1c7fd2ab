// A part whose module is fetched when it is first shown.
import { html, useState, useEffect } from "../html.js";
import { Note } from "./basics.js";

// `load` resolves to the component, which gets the other properties.
/** @typedef {import("preact").ComponentType<any>} Component */

/** @param {{ load: () => Promise<Component>, [property: string]: any }} props */
export const Lazy = ({ load, ...rest }) => {
  const [part, setPart] = useState(/** @type {{ Part: Component } | null} */ (null));
  useEffect(() => {
    let gone = false;
    const set = (/** @type {Component} */ Part) => {
      if (!gone) setPart({ Part });
    };
    load().then(set, () => set(Unfetched));
    return () => {
      gone = true;
    };
  }, [load]);
  return part && html`<${part.Part} ...${rest} />`;
};

// Shown when a module could not be fetched: the server is unreachable, or was upgraded since this page was opened.
export const Unfetched = () => html`
  <${Note} kind="bad" role="alert" title="Could not load this.">
    The server is unreachable or was upgraded.${" "}
    <button type="button" class="link" onClick=${() => location.reload()}>
      Reload page
    </button>
  <//>
`;
