// Runs once each for the answer, the source and the conversation, with Gradio's `element`,
// `trigger` and `watch`. A button that names a place asks the server for it; a source that arrives
// shows its marked words.

const reveal = (mark) => {
  const box = mark.closest(".text");
  const [inner, outer] = [mark.getBoundingClientRect(), box.getBoundingClientRect()];
  box.scrollTop += inner.top - outer.top - Math.max(0, (outer.height - inner.height) / 2);
  mark.focus({ preventScroll: true });
  const { top, bottom } = mark.getBoundingClientRect();
  if (top < 64 || bottom > innerHeight) mark.scrollIntoView({ block: "center" });
};

const openerOf = (place) =>
  [...document.querySelectorAll("button.opener")].find((b) => b.dataset.place === place);

element.addEventListener("click", (event) => {
  const shown = document.querySelector(".source[data-place]");
  const opener = event.target.closest("button.opener");
  if (opener) {
    document.querySelectorAll("button.opener[aria-current]").forEach((b) => {
      b.removeAttribute("aria-current");
    });
    opener.setAttribute("aria-current", "true");
    if (shown?.dataset.place === opener.dataset.place) reveal(shown.querySelector(".text mark"));
    else trigger("click", { place: opener.dataset.place });
  } else if (event.target.closest("button.back")) {
    const origin =
      document.querySelector("button.opener[aria-current]") ?? openerOf(shown.dataset.place);
    origin?.focus();
    origin?.scrollIntoView({ block: "center" });
  } else if (event.target.closest("button.new-talk")) {
    document.querySelector("#asking textarea").focus();
    trigger("clear");
  }
});

// "Ask" gives way to "Stop" while an answer is on its way: the focus goes with it.
const swap = () => {
  const [ask, stop] = ["#ask", "#stop"].map((id) => document.querySelector(id));
  const working = document.querySelector(".pane.working");
  if (working && document.activeElement === ask) stop.focus();
  else if (!working && document.activeElement === stop) ask.focus();
};

watch("value", () => {
  swap();
  // An answer that grows is mended from what the server sent: it does not know what is open here.
  const shown = document.querySelector(".source[data-place]");
  if (shown) openerOf(shown.dataset.place)?.setAttribute("aria-current", "true");
  const mark = element.querySelector(".source .text mark");
  if (mark) reveal(mark);
});
