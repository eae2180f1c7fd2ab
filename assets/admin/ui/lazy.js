// A part that is fetched when it is first shown.
import { html, useState, useEffect } from "../html.js";
import { Note } from "./basics.js";

// `load` answers with the component; the rest is handed on to it.
/** @param {{ load: () => Promise<any>, [property: string]: any }} props */
export const Lazy = ({ load, ...rest }) => {
  const [Part, setPart] = useState(null);
  useEffect(() => {
    let gone = false;
    const set = (found) => {
      if (!gone) setPart(() => found);
    };
    load().then(set, () => set(Unfetched));
    return () => {
      gone = true;
    };
  }, [load]);
  return Part && html`<${Part} ...${rest} />`;
};

// In place of what could not be fetched: the server is away, or has become another one since this page was opened.
export const Unfetched = () => html`
  <${Note} kind="bad" role="alert" title="Could not load this.">
    The server is unreachable or was upgraded.${" "}
    <button type="button" class="link" onClick=${() => location.reload()}>
      Reload page
    </button>
  <//>
`;
