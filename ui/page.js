// Runs once each for the answer, the source and the conversation, with Gradio's `element`,
// `trigger` and `watch`. A button that names a place asks the server for it; a source that arrives
// shows its marked words, on the picture of the page or in the text.

const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const shownSource = () => one(".source[data-place]");
const openerOf = (place) => all("button.opener").find((b) => b.dataset.place === place);
const current = () => one("button.opener[aria-current]");

// What of a source is shown, for as long as the page is open. "text" where there is no picture.
const LIKED = "onrecordShown";
const liked = () => (window[LIKED] ??= "page");

// On narrow screens the source stands below the answer (page.css).
const stacked = () => matchMedia("(max-width: 56rem)").matches;

const intoView = (thing) => {
  const { top, bottom } = thing.getBoundingClientRect();
  const bar = thing.closest(".source").querySelector(".bar").offsetHeight; // on a phone it sticks
  if (top < bar + 16 || bottom > innerHeight) thing.scrollIntoView({ block: "center" });
};

const revealWords = (mark, focus) => {
  const box = mark.closest(".text");
  const [inner, outer] = [mark.getBoundingClientRect(), box.getBoundingClientRect()];
  box.scrollTop += inner.top - outer.top - Math.max(0, (outer.height - inner.height) / 2);
  if (focus) mark.focus({ preventScroll: true });
  if (focus || stacked()) intoView(mark);
};

// Where the marks are, as shares of a picture's width and height: its pixels in their colour, every
// fourth of which is looked at. On coloured paper there are none.
const markedPart = (picture) => {
  const [width, height] = [picture.naturalWidth >> 2, picture.naturalHeight >> 2];
  const pen = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
  pen.imageSmoothingEnabled = false;
  pen.drawImage(picture, 0, 0, width, height);
  const { data } = pen.getImageData(0, 0, width, height);
  const colour = picture.dataset.mark.split(" ").map(Number);
  let [top, bottom, left] = [height, 0, width];
  for (let at = 0; at < data.length; at += 4) {
    if (colour.some((part, n) => Math.abs(part - data[at + n]) > 2)) continue;
    const row = Math.floor(at / 4 / width);
    [top, bottom, left] = [Math.min(top, row), row, Math.min(left, (at / 4) % width)];
  }
  return bottom && { middle: (top + bottom) / 2 / height, left: left / width };
};

// Where the server takes them to be: `data-width` is a guess at the points from side to side.
const guessedPart = ({ dataset: { top, bottom, left, width }, naturalWidth, naturalHeight }) => ({
  middle: ((Number(top) + Number(bottom)) / 2 / Number(width)) * (naturalWidth / naturalHeight),
  left: Number(left) / Number(width),
});

const revealPicture = (pages, focus) => {
  const picture = one("img", pages);
  const [inner, outer] = [picture.getBoundingClientRect(), pages.getBoundingClientRect()];
  if (picture.naturalWidth) {
    const { middle, left } = markedPart(picture) || guessedPart(picture);
    pages.scrollTop += inner.top + middle * inner.height - outer.top - outer.height / 2;
    pages.scrollLeft += inner.left - outer.left + Math.max(0, left * inner.width - 16);
  }
  if (focus) pages.focus({ preventScroll: true });
  if (focus || stacked()) intoView(pages);
};

const choose = (source, kind) => {
  const pages = one(".pages", source);
  const paged = Boolean(pages) && kind === "page" && !pages.classList.contains("failed");
  if (pages) pages.hidden = !paged;
  one(".text", source).hidden = paged;
  for (const b of all("button.as", source)) {
    b.setAttribute("aria-pressed", String((b.dataset.as === "page") === paged));
  }
  return paged;
};

const reveal = (source, focus = true) => {
  if (choose(source, liked())) revealPicture(one(".pages", source), focus);
  else revealWords(one(".text mark", source), focus);
};

// The citations among which "next" and "previous" go: those beside the one that is open.
const steps = () => {
  const list = current()?.closest(".told, .turn, .closest, .searched") ?? one(".pane .told");
  const seen = new Set();
  return all("button.opener", list ?? document).filter(({ dataset: { place } }) => !seen.has(place) && seen.add(place));
};

const count = () => {
  const source = shownSource();
  const bar = source && one(".steps", source);
  if (!bar) return;
  const list = steps();
  const at = list.findIndex((b) => b.dataset.place === source.dataset.place);
  bar.hidden = list.length < 2;
  const said = one(".at", bar);
  said.textContent =
    at < 0 ? "" : said.dataset.says.replace("{number}", at + 1).replace("{count}", list.length);
  for (const b of all("button.step", bar)) {
    b.setAttribute("aria-disabled", String(!list[at + Number(b.dataset.step)]));
  }
};

// Who goes on with a button stays on it; who does with a key is taken to the words.
const step = (button) => {
  if (button.getAttribute("aria-disabled") === "true") return;
  const list = steps();
  const at = list.findIndex((b) => b.dataset.place === shownSource().dataset.place);
  const stays = document.activeElement === button;
  list[at + Number(button.dataset.step)]?.click();
  if (stays) window.onrecordAwaited = null;
  if (!stacked()) current()?.scrollIntoView({ block: "nearest" });
};

const back = () => {
  window.onrecordAwaited = null;
  const origin = current() ?? openerOf(shownSource().dataset.place);
  origin?.focus();
  origin?.scrollIntoView({ block: "center" });
};

element.addEventListener("click", ({ target }) => {
  const shown = shownSource();
  const opener = target.closest("button.opener");
  const button = target.closest("button");
  if (opener) {
    for (const b of all("button.opener[aria-current]")) b.removeAttribute("aria-current");
    opener.setAttribute("aria-current", "true");
    if (shown?.dataset.place === opener.dataset.place) reveal(shown);
    else {
      window.onrecordAwaited = opener.dataset.place;
      trigger("click", { place: opener.dataset.place });
    }
  } else if (button?.matches(".step")) step(button);
  else if (button?.matches(".as")) {
    window[LIKED] = button.dataset.as;
    one(".no-picture", shown).hidden = true;
    if (button.dataset.as === "page") one(".pages", shown).classList.remove("failed");
    reveal(shown, false);
  } else if (button?.matches(".back")) back();
  else if (button?.matches(".new-talk")) {
    one("#asking textarea").focus();
    trigger("clear");
  }
});

element.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !event.target.closest(".source")) return;
  event.preventDefault();
  back();
});

// "Ask" gives way to "Stop" while an answer is on its way: the focus goes with it.
const swap = () => {
  const [ask, stop] = ["#ask", "#stop"].map((id) => one(id));
  const working = one(".pane.working");
  const from = document.activeElement;
  if (working && (from === ask || from?.closest("#examples"))) stop.focus();
  else if (!working && document.activeElement === stop) ask.focus();
};

// Only the source that was asked for last takes the focus, unless its reader has gone on meanwhile.
const arrived = () => {
  const source = shownSource();
  reveal(source, source.dataset.place === window.onrecordAwaited);
  count();
};

watch("value", () => {
  swap();
  // An answer that grows is mended from what the server sent: it does not know what is open here.
  const shown = shownSource();
  if (shown && !current()) openerOf(shown.dataset.place)?.setAttribute("aria-current", "true");
  if (one(".source .text mark", element)) arrived();
  else count();
});

// A picture comes after its source, or not at all. These events do not bubble.
element.addEventListener(
  "load",
  ({ target }) => {
    const pages = target.closest?.(".pages");
    if (pages && !pages.hidden && target === one("img", pages)) revealPicture(pages, false);
  },
  true,
);
element.addEventListener(
  "error",
  ({ target }) => {
    const pages = target.closest?.(".pages");
    if (!pages) return;
    const focused = pages.contains(document.activeElement);
    pages.classList.add("failed");
    one(".no-picture", shownSource()).hidden = false;
    choose(shownSource(), "text");
    revealWords(one(".source .text mark"), focused);
  },
  true,
);
