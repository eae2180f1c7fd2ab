// Start of the admin page: the session, then the page of the URL.
import { html, render, useState, useEffect } from "./html.js";
import { api, hooks } from "./api.js";
import { useLocation } from "./router.js";
import { find } from "./routes.js";
import { Frame } from "./ui/frame.js";
import { Toasts } from "./ui/toast.js";
import { askPassword, confirm } from "./ui/ask.js";
import { Empty, Head, Note, Skeleton } from "./ui/basics.js";
import { Lazy, Unfetched } from "./ui/lazy.js";

const App = () => {
  const [session, setSession] = useState(/** @type {Record<string, any> | null} */ (null));
  const [error, setError] = useState(/** @type {import("./api.js").Problem | null} */ (null));
  // Waits for a new sign-in; the page below stays as it is.
  const [again, setAgain] = useState(/** @type {{ resolve: (done: boolean) => void } | null} */ (null));
  const load = async () => {
    try {
      setSession(await api.get("/session"));
      setError(null);
    } catch (problem) {
      setError(problem);
    }
  };
  useEffect(() => {
    load();
  }, []);
  useEffect(() => {
    if (!session?.admin) return;
    const { username, persona } = session.admin;
    let waiting = /** @type {Promise<boolean> | null} */ (null);
    hooks.signIn = () => {
      waiting ||= new Promise((resolve) => setAgain({ resolve })).finally(() => {
        waiting = null;
        setAgain(null);
      });
      return waiting;
    };
    const prove = async (proof) => {
      try {
        await api.put("/session", { username, ...proof });
        return null;
      } catch (problem) {
        return problem.message;
      }
    };
    hooks.askPassword = async () => {
      if (!persona) return askPassword((password) => prove({ password }));
      const goOn = await confirm({
        title: "Continue?",
        action: "Continue",
        text: "Outside development mode, this action asks for your password.",
      });
      return goOn && !(await prove({ persona: true }));
    };
  }, [session]);
  if (error)
    return html`
      <main class="alone">
        <h1>Keyfob admin</h1>
        <${Note} kind="bad" role="alert">
          ${error.message}${" "}
          <button type="button" class="link" onClick=${load}>
            Try again
          </button>
        <//>
      </main>
    `;
  if (!session) return null;
  if (!session.admin) return html`<${Lazy} load=${signIn} session=${session} onDone=${load} />`;
  return html`
    <${Pages} session=${session} />
    <${Toasts} />
    ${again && html`<${Lazy} load=${signInAgain} session=${session} onDone=${again.resolve} />`}
  `;
};

const signIn = async () => (await import("./ui/sign_in.js")).SignIn;
const signInAgain = async () => (await import("./ui/sign_in.js")).SignInAgain;

const Pages = ({ session }) => {
  const { query, path } = useLocation();
  const { route, params } = find(path);
  const [page, setPage] = useState(
    /** @type {{ route: object, Page: import("preact").ComponentType<any> } | null} */ (null),
  );
  useEffect(() => {
    if (!route) {
      setPage(null);
      return undefined;
    }
    let gone = false;
    const set = (Page) => {
      if (!gone) setPage({ route, Page });
    };
    route.load().then(
      (module) => set(module.default),
      () => set(Unfetched),
    );
    return () => {
      gone = true;
    };
  }, [route]);
  useEffect(() => {
    scrollTo(0, 0);
  }, [page?.route, params.id]);
  const shown = page && page.route === route ? page : null;
  return html`
    <${Frame} session=${session} route=${route}>
      ${!route ? html`
        <${Head} title="Page not found" />
        <${Empty} title="There is no page at this URL">
          <a href="/admin">Go to Overview</a>
        <//>
      ` : !shown ? html`
        <${Skeleton} lines=${8} />
      ` : html`
        <${shown.Page} key=${params.id || path} session=${session} params=${params} query=${query} />
      `}
    <//>
  `;
};

render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
