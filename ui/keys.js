// Runs once for what stands below the panes, with Gradio's `element`. Single keys that move through
// the citations; a reader may switch them off (WCAG 2.1.4), which this browser then remembers.

const KEPT = "onrecord-keys";
const STEPS = { j: 1, n: 1, k: -1, p: -1 };
const box = element.querySelector("input[name=keys]");

// A browser that keeps nothing (as it may be told to) forgets the choice with the page.
const kept = (value) => {
  try {
    if (value !== undefined) localStorage.setItem(KEPT, value);
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
};
box.checked = kept() !== "off";
box.addEventListener("change", () => kept(box.checked ? "on" : "off"));

const isField = (thing) => thing.matches?.("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  if (!step || !box.checked || event.defaultPrevented || isField(event.target)) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const asking = document.querySelector("#answer-column");
  if (!asking?.offsetParent) return; // another view is shown
  const button = document.querySelector(`.source .step[data-step="${step}"]`);
  const next = button ?? (step > 0 && asking.querySelector(".told button.opener"));
  if (!next) return;
  event.preventDefault();
  next.click();
});
