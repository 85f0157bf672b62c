// Runs once, for a component that shows nothing, with Gradio's `element`, `trigger`, `watch` and
// `props`: copies a sentence with its footnote, keeps checks, saves files, prints. An errand goes to
// the server with a number, and its outcome comes back as the component's value, one at a time.

const PATIENCE = 40_000; // milliseconds; an evidence pack of 64 MiB takes some seconds
const [KEPT_STYLE, KEPT_INITIALS] = ["onrecord-style", "onrecord-initials"];
const words = () => document.querySelector("#said").dataset;

const say = (text) => {
  const said = document.querySelector("#said");
  said.textContent = ""; // the same words twice are heard twice
  setTimeout(() => (said.textContent = text), 50);
};

const kept = (name, value) => {
  try {
    if (value !== undefined) localStorage.setItem(name, value);
    return localStorage.getItem(name) ?? "";
  } catch {
    return ""; // a browser that keeps nothing
  }
};

// ---- to the server and back

let last = 0;
let line = Promise.resolve();
const waiting = new Map();

const send = (errand) =>
  new Promise((resolve, reject) => {
    const id = ++last;
    const late = setTimeout(() => waiting.delete(id) && reject(new Error(words().silent)), PATIENCE);
    waiting.set(id, (outcome) => {
      clearTimeout(late);
      if (outcome.ok) resolve(outcome);
      else reject(new Error(outcome.said));
    });
    trigger("click", { id, ...errand });
  });

const run = (errand) => {
  const outcome = line.then(() => send(errand));
  line = outcome.catch(() => {});
  return outcome;
};

watch("value", () => {
  if (!props.value) return;
  const outcome = JSON.parse(props.value);
  props.value = ""; // a file must not stay in memory
  const heard = waiting.get(outcome.id);
  waiting.delete(outcome.id);
  heard?.(outcome);
});

// ---- copying

// As it was chosen, here or before; a style may have gone since.
const chosenStyle = (select) => {
  const style = kept(KEPT_STYLE);
  if ([...select.options].some((option) => option.value === style)) select.value = style;
};
const style = () => {
  const select = document.querySelector(".take select[name=style]");
  if (select) chosenStyle(select);
  return select?.value ?? "plain";
};

const note = (near, text, kind = "") => {
  near.querySelector(":scope > .outcome")?.remove();
  const told = Object.assign(document.createElement("span"), { className: `outcome ${kind}`, textContent: text });
  near.append(told);
  say(text);
};

const close = (inner, focus) => {
  inner.remove();
  focus?.focus();
};

const offer = (row, button, text) => {
  const field = document.querySelector("#copy-field").content.cloneNode(true).firstElementChild;
  const area = field.querySelector("textarea");
  area.value = text;
  row.after(field);
  field.querySelector(".cancel").addEventListener("click", () => close(field, button));
  area.focus();
  area.select();
};

// The clipboard is asked within the click, as browsers want it, for words that are yet to come.
const copy = async (button) => {
  const row = button.closest(".actions");
  row.parentElement.querySelector(".copy-field")?.remove();
  const asked = run({ do: "copy", ...of(button), style: style() });
  const part = (kind, type) => asked.then((o) => new Blob([o[kind]], { type }));
  try {
    const types = { "text/plain": part("text", "text/plain"), "text/html": part("html", "text/html") };
    for (const promised of Object.values(types)) promised.catch(() => {}); // told below
    await navigator.clipboard.write([new ClipboardItem(types)]);
    note(row, (await asked).said);
  } catch {
    try {
      const { text } = await asked;
      note(row, words().refused);
      offer(row, button, text);
    } catch (error) {
      note(row, error.message, "bad");
    }
  }
};

const of = (inner) => ({
  answer: inner.closest("[data-answer]").dataset.answer,
  number: Number(inner.closest(".actions").dataset.number),
});

// ---- checking

const rows = new WeakMap(); // of a form, the row of actions that it belongs to

const dismiss = (form, focus) => {
  const button = rows.get(form).querySelector(".check[aria-expanded=true]");
  button?.setAttribute("aria-expanded", "false");
  close(form, focus ? button : null);
};

const openForm = (button) => {
  const [row, before] = [button.closest(".actions"), document.querySelector(".claim .check-form")];
  const again = before && button.getAttribute("aria-expanded") === "true";
  const same = before && rows.get(before) === row; // the other verdict on the same citation
  const [who, why] = same ? [before.elements.who.value, before.elements.note.value] : [kept(KEPT_INITIALS), ""];
  if (before) dismiss(before, again);
  if (again) return;
  const form = document.querySelector("#check-form").content.cloneNode(true).firstElementChild;
  const { verdict } = button.dataset;
  form.dataset.verdict = verdict;
  form.querySelector("legend").textContent = form.dataset[verdict].replace("{number}", row.dataset.number);
  form.elements.who.value = who;
  form.elements.note.value = why;
  button.setAttribute("aria-expanded", "true");
  rows.set(form, row);
  row.after(form);
  (form.elements.who.value ? form.querySelector(".save") : form.elements.who).focus();
};

const save = async (form) => {
  const row = rows.get(form);
  const [who, why] = [form.elements.who.value.trim(), form.elements.note.value];
  const [fault, button] = [form.querySelector(".fault"), form.querySelector(".save")];
  if (button.disabled) return;
  button.disabled = true;
  fault.textContent = "";
  try {
    const { verdict } = form.dataset;
    const { html } = await run({ do: "check", ...of(row), verdict, who, note: why });
    kept(KEPT_INITIALS, who);
    form.remove();
    row.insertAdjacentHTML("afterend", html);
    const now = row.nextElementSibling;
    row.remove();
    for (const again of now.closest("[data-answer]").querySelectorAll(`.found[data-number="${now.dataset.number}"]`)) {
      again.replaceChildren(now.querySelector(".verdict").cloneNode(true));
    }
    say(now.querySelector(".verdict").textContent);
    now.querySelector(`.check[data-verdict=${verdict}]`).focus();
  } catch (error) {
    button.disabled = false;
    fault.textContent = error.message;
    form.elements.who.focus();
  }
};

// ---- taking away

const download = ({ name, type, data }) => {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const link = Object.assign(document.createElement("a"), {
    href: URL.createObjectURL(new Blob([bytes], { type })),
    download: name,
  });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
};

const take = async (button) => {
  const { kind } = button.dataset;
  if (kind === "print") return void print();
  const outcome = button.closest(".take").querySelector(".outcome");
  const tell = (text, bad = false) => {
    outcome.textContent = text;
    outcome.classList.toggle("bad", bad);
    say(text);
  };
  tell(words().taking);
  try {
    const { answer } = button.closest("[data-answer]").dataset;
    const file = await run({ do: "take", kind, answer, style: kept(KEPT_STYLE) || "plain" });
    download(file);
    tell(file.said);
  } catch (error) {
    tell(error.message, true);
  }
};

// ---- what a reader does

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("button");
  if (!button?.closest("[data-answer]")) return;
  if (button.matches(".copy")) copy(button);
  else if (button.matches(".check")) openForm(button);
  else if (button.matches(".file")) take(button);
  else if (button.matches(".check-form .cancel")) dismiss(button.closest("form"), true);
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches(".check-form")) return;
  event.preventDefault();
  save(event.target);
});

document.addEventListener("keydown", (event) => {
  const form = event.key === "Escape" && event.target.closest?.(".check-form, .copy-field");
  if (form) form.querySelector(".cancel").click();
});

document.addEventListener("change", ({ target }) => {
  if (target.matches?.(".take select[name=style]")) kept(KEPT_STYLE, target.value);
});
document.addEventListener(
  "toggle",
  ({ target }) => {
    if (target.matches?.(".take[open]")) style();
  },
  true,
);

// Earlier answers are folded away; on paper they are not.
let unfolded = [];
addEventListener("beforeprint", () => {
  unfolded = [...document.querySelectorAll(".turn:not([open])")];
  for (const turn of unfolded) turn.open = true;
});
addEventListener("afterprint", () => {
  for (const turn of unfolded) turn.open = false;
});
