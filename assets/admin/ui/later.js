// A part that is fetched when it is first shown.
import { html, useState, useEffect } from "../html.js";

// `load` answers with the component; the rest is handed on to it.
export const Later = ({ load, ...rest }) => {
  const [Part, setPart] = useState(null);
  useEffect(() => {
    let gone = false;
    load().then((found) => { if (!gone) setPart(() => found); });
    return () => { gone = true; };
  }, [load]);
  return Part && html`<${Part} ...${rest} />`;
};
