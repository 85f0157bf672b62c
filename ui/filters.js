// Runs once for the conditions under the question, with Gradio's `element`, `trigger`, `watch`.
// It counts what is set, gathers it for the question, and asks for the lists of the index as it is.

const fields = () => [...element.querySelectorAll("input")];
const isSet = (field) => (field.type === "checkbox" ? field.checked : field.value.trim() !== "");

const gathered = () => {
  const found = {};
  for (const field of fields().filter(isSet)) (found[field.name] ??= []).push(field.value.trim());
  return found;
};
const chosen = () =>
  Object.fromEntries([...element.querySelectorAll("select")].map((s) => [s.name, [s.value]]));
window.onrecordConditions = () => JSON.stringify({ ...chosen(), ...gathered() });

let kept = {};
const count = () => {
  kept = gathered();
  const number = Object.values(kept).flat().length;
  const said = element.querySelector(".set");
  if (said) said.textContent = number ? said.dataset.says.replace("{count}", number) : "";
};

// "es" is for programs; the browser knows what the language is called.
const nameLanguages = () => {
  const names = new Intl.DisplayNames([document.documentElement.lang || "en"], { type: "language" });
  for (const said of element.querySelectorAll(".languages label bdi")) {
    try {
      said.textContent = names.of(said.textContent);
    } catch {} // no language tag: shown as it is
  }
};
nameLanguages();

element.addEventListener("input", count);

element.addEventListener("click", (event) => {
  if (!event.target.closest("button.clear")) return;
  for (const field of fields()) {
    if (field.type === "checkbox") field.checked = false;
    else field.value = "";
  }
  count();
  element.querySelector("summary").focus();
});

element.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("input[type=text]")) return;
  event.preventDefault();
  document.querySelector("#ask").click();
});

element.addEventListener(
  "toggle",
  (event) => {
    if (event.target.open) trigger("click", { of: event.target.dataset.of });
  },
  true,
);

// The lists of another index: a box keeps its place on the page, not what it stands for.
watch("value", () => {
  for (const field of fields()) {
    if (field.type === "checkbox") field.checked = !!kept[field.name]?.includes(field.value);
  }
  nameLanguages();
  count();
});
