// Guard of unsaved changes.
import { guard } from "../../router.js";

// Has `ask(to)` asked before the page is left, and the browser ask before it is closed. Answers with what ends it.
export function leaving(ask) {
  const warn = (event) => event.preventDefault();
  const end = guard(ask);
  addEventListener("beforeunload", warn);
  return () => {
    end();
    removeEventListener("beforeunload", warn);
  };
}
