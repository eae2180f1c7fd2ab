// The link carries its one-time code in the fragment, which never reaches a server log. Take it out of the
// address bar and send it on: the next page says whose password it is.
const form = /** @type {HTMLFormElement} */ (document.getElementById("token-form"));
const token = /** @type {HTMLInputElement} */ (document.getElementById("token"));

function takeCode() {
  const code = new URLSearchParams(location.hash.slice(1)).get("t");
  if (!code) return;
  token.value = code;
  history.replaceState(null, "", location.pathname + location.search);
  form.requestSubmit();
}

takeCode();
// A second link opened in the same tab changes only the fragment.
addEventListener("hashchange", takeCode);
