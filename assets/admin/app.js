// Starts the admin page: who is signed in, then the page that the address names.
import { html, render, useState, useEffect, useRef } from "./html.js";
import { api, hooks } from "./api.js";
import { useLocation } from "./router.js";
import { Frame } from "./ui/frame.js";
import { Toasts } from "./ui/toast.js";
import { askPassword } from "./ui/ask.js";
import { Empty, Head, Note, Skeleton } from "./ui/basics.js";
import { Later } from "./ui/later.js";

const App = () => {
  const [session, setSession] = useState(null);
  const [error, setError] = useState(null);
  const load = async () => {
    try { setSession(await api.get("/session")); setError(null); } catch (problem) { setError(problem); }
  };
  useEffect(() => {
    hooks.onSignedOut = load;
    load();
  }, []);
  useEffect(() => {
    if (!session || !session.admin) return;
    const { username } = session.admin;
    hooks.askPassword = () => askPassword(async (password) => {
      try { await api.put("/session", { username, password }); return null; } catch (problem) { return problem.message; }
    });
  }, [session]);
  if (error) return html`<main class="alone"><${Note} kind="bad" role="alert">${error.message}<//></main>`;
  if (!session) return null;
  if (!session.admin) return html`<${Later} load=${signIn} session=${session} onDone=${load} />`;
  return html`<${Pages} session=${session} /><${Toasts} />`;
};

const signIn = async () => (await import("./ui/sign_in.js")).SignIn;

const Pages = ({ session }) => {
  const { route, params, query, path } = useLocation();
  const [page, setPage] = useState(null);
  const first = useRef(true);
  useEffect(() => {
    if (!route) { setPage(null); return undefined; }
    let gone = false;
    route.load().then((module) => { if (!gone) setPage({ route, Page: module.default }); });
    return () => { gone = true; };
  }, [route]);
  // A new page: from the top, and screen readers hear its title.
  useEffect(() => {
    if (first.current) { first.current = false; return; }
    scrollTo(0, 0);
    const title = document.getElementById("page-title");
    if (title) title.focus({ preventScroll: true });
  }, [page && page.route, params.id]);
  const shown = page && page.route === route ? page : null;
  return html`<${Frame} session=${session} route=${route}>
    ${!route ? html`<${Head} title="There is no such page" /><${Empty} title="Nothing is at this address"><a href="/admin">Go to the overview</a><//>`
      : !shown ? html`<${Skeleton} lines=${8} />`
      : html`<${shown.Page} key=${params.id || path} session=${session} params=${params} query=${query} />`}
  <//>`;
};

render(html`<${App} />`, document.getElementById("app"));
