// Makes the library quicker; all of it works without. What is said stands in attributes of the page.

(() => {
  const EVERY = 1000; // milliseconds between two looks at an addition
  const find = (selector) => document.querySelector(selector);

  // An addition under way: its page is asked for again, and what has changed is put in place; the
  // rest stays, with what is open, selected or has the focus.
  const work = () => find("#work");
  let looking = 0;
  let shown = new Map();

  const sections = (element) => [...element.querySelectorAll(":scope > .addition")];

  const renew = (fresh) => {
    const here = new Map(sections(work()).map((section) => [section.dataset.number, section]));
    for (const section of sections(fresh)) {
      const { number } = section.dataset;
      const html = section.outerHTML;
      const old = here.get(number);
      if (old && (shown.get(number) === html || old.contains(selected()))) continue;
      shown.set(number, html);
      if (!old) work().prepend(section);
      else if (!old.contains(document.activeElement)) old.replaceWith(section);
      else if (!around(old, section)) {
        old.replaceWith(section);
        section.querySelector("h2").focus();
      }
    }
    work().dataset.busy = fresh.dataset.busy;
  };

  // All but the form, so that the button that has the focus is not read out again and again.
  const around = (old, section) => {
    const [form, other] = [old, section].map((element) => element.querySelector("form"));
    if (!form || !other) return false;
    for (const child of [...old.children]) if (child !== form) child.remove();
    for (const child of [...section.children]) {
      if (child === other) continue;
      if (other.compareDocumentPosition(child) & Node.DOCUMENT_POSITION_PRECEDING) form.before(child);
      else old.append(child);
    }
    return true;
  };

  const look = async () => {
    try {
      const answer = await fetch("/library/work");
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("#work");
      if (!answer.ok || !fresh || !work()) return;
      const said = page.querySelector("#work-said").textContent;
      if (find("#work-said").textContent !== said) find("#work-said").textContent = said;
      renew(fresh);
    } catch {
      // the server is away: the next look may find it
    }
    again();
  };

  // Whoever copies a reason must not lose what is selected.
  const selected = () => {
    const selection = getSelection();
    return selection && !selection.isCollapsed ? selection.anchorNode : null;
  };

  const again = () => {
    clearTimeout(looking);
    work()?.querySelector(".again")?.remove(); // for those who have to look themselves
    if (work()?.dataset.busy === "yes") looking = setTimeout(look, EVERY);
  };

  // Files: how many and how large, before they are sent.
  const weight = (bytes) => {
    const units = ["B", "kB", "MB", "GB"];
    let place = 0;
    while (bytes >= 1000 && place < 3) {
      bytes /= 1000;
      place += 1;
    }
    return `${place ? bytes.toFixed(1) : bytes} ${units[place]}`;
  };

  const tell = (form) => {
    const files = [...form.elements.files.files];
    const size = files.reduce((sum, file) => sum + file.size, 0);
    const heavy = size > Number(form.dataset.most);
    const said = heavy ? form.dataset.heavy : form.dataset.chosen;
    const line = form.querySelector(".chosen");
    const values = { count: files.length, size: weight(size), most: weight(Number(form.dataset.most)) };
    line.textContent = files.length ? said.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole) : line.dataset.drop;
    line.classList.toggle("heavy", heavy);
    return !heavy;
  };

  const ready = () => {
    const form = find("form.upload");
    if (form) tell(form);
    shown = new Map();
    if (!location.hash) find(".within ~ .text mark.current")?.scrollIntoView({ block: "center" });
    again();
  };

  const upload = (event) => event.target.closest?.("form.upload");

  document.addEventListener("change", (event) => {
    if (event.target.type === "file" && upload(event)) tell(upload(event));
  });
  document.addEventListener("submit", (event) => {
    if (upload(event) && !tell(upload(event))) event.preventDefault();
  }, true);
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const form = upload(event);
      if (!form || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      form.classList.toggle("over", kind === "dragover");
      if (kind !== "drop") return;
      form.elements.files.files = event.dataTransfer.files;
      tell(form);
    });
  }
  document.addEventListener("onrecord:view", ready);
  ready();
})();
