// Guard of unsaved changes.
import { guard } from "../../router.js";

// Calls `ask(to)` before the page is left, and lets the browser ask before the tab is closed. Returns a function that
// ends it.
export function leaving(ask) {
  const warn = (event) => event.preventDefault();
  const end = guard(ask);
  addEventListener("beforeunload", warn);
  return () => {
    end();
    removeEventListener("beforeunload", warn);
  };
}
