// The setup link carries its one-time code in the fragment, which never reaches
// a server log. Move it into the form and out of the address bar.
const field = /** @type {HTMLInputElement | null} */ (document.getElementById("setup-token"));

function takeCode() {
  const code = new URLSearchParams(location.hash.slice(1)).get("t");
  if (!code || !field) return;
  field.value = code;
  document.getElementById("setup-token-field")?.toggleAttribute("hidden", true);
  document.getElementById("setup-token-note")?.toggleAttribute("hidden", false);
  document.getElementById("username")?.focus();
  history.replaceState(null, "", location.pathname + location.search);
}

takeCode();
// A second link opened in the same tab changes only the fragment.
addEventListener("hashchange", takeCode);
