// The views beside the first page. On that page a link to one of them shows it here, so that the
// conversation goes on; links and forms inside a view stay inside. Without this script they are
// pages of their own, and that is what a new tab or a reload gets.

(() => {
  const said = document.currentScript.dataset;
  const OURS = /^\/(library|checked)(\/|$)/;
  const asking = () => document.querySelector("gradio-app");
  const inside = (url) => url.origin === location.origin && OURS.test(url.pathname);
  let turn = 0; // of several requests only the last is shown
  let shown = location.pathname + location.search;

  const place = () => {
    const found = document.querySelector("#elsewhere") ?? (asking() ? null : document.body);
    if (found) return found;
    const made = Object.assign(document.createElement("div"), { id: "elsewhere", className: "desk" });
    document.body.append(made);
    return made;
  };

  const showAsking = () => {
    turn += 1;
    document.body.classList.remove("elsewhere");
    place().replaceChildren();
    shown = said.front;
    holdings();
    document.title = said.name;
  };

  // Focus and title move as they would on a new page.
  const put = (html, url, keep) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    if (!page.querySelector("main.view")) return false;
    const had = keep && document.activeElement?.id;
    if (asking()) page.querySelector(".skip")?.remove(); // the focus goes there by itself
    // Gradio's page has a base, against which these would lead to the first page.
    for (const link of page.querySelectorAll('a[href^="#"]')) {
      link.href = url.pathname + url.search + link.getAttribute("href");
    }
    place().replaceChildren(...page.body.childNodes);
    document.body.classList.add("elsewhere");
    document.title = page.title;
    const named = url.hash ? document.getElementById(url.hash.slice(1)) : null;
    const target = named ?? (had ? document.getElementById(had) : null);
    if (target) {
      target.focus();
      target.scrollIntoView({ block: "center" });
    } else {
      scrollTo(0, 0);
      document.querySelector("main.view").focus({ preventScroll: true });
    }
    shown = url.pathname + url.search;
    document.dispatchEvent(new CustomEvent("onrecord:view"));
    return true;
  };

  const complain = () => {
    document.querySelector("#no-server")?.remove();
    const notice = Object.assign(document.createElement("p"), { id: "no-server", className: "notice bad", textContent: said.failed });
    notice.setAttribute("role", "alert");
    const before = document.querySelector("main.view") ?? document.querySelector("#answer-column");
    before?.prepend(notice);
  };

  const go = async (url, { method = "GET", body, history: entry = "push", keep = false } = {}) => {
    const mine = ++turn;
    document.body.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, { method, body, headers: { Accept: "text/html" } });
      if (!answer.headers.get("content-type")?.startsWith("text/html")) {
        if (!answer.ok) complain(); // refused at the door
        else location.assign(url);
        return;
      }
      const html = await answer.text();
      if (mine !== turn) return;
      const end = new URL(answer.url);
      end.hash = url.hash;
      if (!inside(end)) return void location.assign(end); // logged out, for one
      if (put(html, end, keep)) {
        // What a form was refused for stands under an address that nobody can go back to.
        if (entry === "push" && (method === "GET" || answer.redirected)) history.pushState({ view: true }, "", end);
        else if (entry === "replace") history.replaceState({ view: true }, "", end);
      } else location.assign(end);
    } catch {
      if (mine === turn) complain();
    } finally {
      document.body.removeAttribute("aria-busy");
    }
  };

  window.onrecordGo = (address, options) => go(new URL(address, location.href), options);

  const within = (element) => asking() || element.closest("main.view");

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (link.target || link.hasAttribute("download") || link.closest("nav.languages")) return;
    const url = new URL(link.href);
    if (asking() && link.dataset.view === "ask") {
      event.preventDefault();
      if (document.body.classList.contains("elsewhere")) {
        history.pushState({ view: false }, "", said.front);
        showAsking();
        document.querySelector("#asking textarea")?.focus();
      }
    } else if (inside(url) && within(link) && !url.pathname.includes("/export")) {
      if (url.pathname === location.pathname && url.search === location.search && url.hash) return;
      event.preventDefault();
      go(url);
    }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.closest("main.view")) return;
    const url = new URL(form.getAttribute("action") || location.href, location.href);
    if (!inside(url)) return;
    event.preventDefault();
    const fields = new FormData(form, event.submitter);
    if (form.method === "post") {
      const plain = form.enctype !== "multipart/form-data";
      go(url, { method: "POST", body: plain ? new URLSearchParams(fields) : fields });
    } else {
      url.search = new URLSearchParams(fields);
      go(url, { keep: true });
    }
  });

  // What the first page said when it was made is old by now: how much there is to ask.
  const holdings = async () => {
    const answer = await fetch(`/desk/holdings?lang=${said.lang}`).catch(() => null);
    const here = document.querySelector("gradio-app .holdings");
    if (answer?.ok && here) here.textContent = await answer.text();
  };
  const arrived = document.body.classList.contains("desk") ? 0 : setInterval(() => {
    if (!document.querySelector("gradio-app .holdings")) return;
    clearInterval(arrived);
    holdings();
  }, 100);
  setTimeout(() => clearInterval(arrived), 20_000);

  addEventListener("popstate", () => {
    const url = new URL(location.href);
    if (url.pathname + url.search === shown) return; // within the same view
    if (inside(url)) go(url, { history: "none" });
    else if (asking()) showAsking();
  });
})();
