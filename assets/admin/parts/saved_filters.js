// Filters under a name, kept in this browser alone: what is asked for, never an answer and never a token.
import { html, useState } from "../html.js";
import { Button, Icon, Link$ } from "../ui/kit.js";

// `place` names where they are kept and, as a path below /admin, where they lead; `query`: the filters as they are now.
export const SavedFilters = ({ place, query }) => {
  const [all, setAll] = useState(() => read(place));
  const [naming, setNaming] = useState(false);
  const keep = (next) => { setAll(next); setNaming(false); write(place, next); };
  const isAny = Object.values(query).some(Boolean);
  const save = (event) => {
    event.preventDefault();
    const name = event.target.elements.called.value.trim();
    if (name) keep([...all.filter((one) => one.name !== name), { name, query }].sort((a, b) => a.name.localeCompare(b.name)));
  };
  if (!isAny && all.length === 0) return null;
  return html`<div class="saved">
    ${all.length > 0 && html`<ul aria-label="Saved filters">${all.map((one) => html`<li key=${one.name}><${Link$} to=${place} query=${one.query}>${one.name}<//>
      <button type="button" class="bare" aria-label=${`Forget ${one.name}`} onClick=${() => keep(all.filter((other) => other !== one))}><${Icon} name="x" size=${14} /></button></li>`)}</ul>`}
    ${isAny && (naming ? html`<form onSubmit=${save}><label><span class="offscreen">Name of these filters</span>
        <input name="called" placeholder="Name" maxlength="60" required autocomplete="off" ref=${(field) => field && field.focus()} /></label>
        <button type="submit" class="button small">Save</button></form>`
      : html`<${Button} kind="small" onClick=${() => setNaming(true)}>Save these filters<//>`)}</div>`;
};

const key = (place) => `keyfob.filters.${place}`;

function read(place) {
  try {
    const found = JSON.parse(localStorage.getItem(key(place)) || "[]");
    return found.filter((one) => typeof one.name === "string" && one.query);
  } catch { return []; }
}

// A browser that keeps nothing forgets them with the page.
function write(place, all) {
  try { localStorage.setItem(key(place), JSON.stringify(all)); } catch { /* They stay for as long as the page is open. */ }
}
