// What the pages of all samples share. Values become text nodes, never markup.

/** Makes an element: el("td", "number", "42"); children are nodes or text. */
export function el(tag, className, ...children) {
  const made = tag.startsWith("svg:")
    ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4))
    : document.createElement(tag);
  if (className) made.setAttribute("class", className);
  made.append(...children.filter(c => c !== null && c !== undefined).map(c => (c instanceof Node ? c : String(c))));
  return made;
}

/** Sets attributes and returns the element: at(el("svg:rect"), {x: 1}). */
export function at(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Writes text into the element with this id, if it has changed. */
export function put(id, text) {
  const element = document.getElementById(id);
  const next = String(text);
  if (element.textContent !== next) element.textContent = next;
}

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const money = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

export const number = value => (value === null || value === undefined ? "–" : whole.format(value));
export const cents = value => (value === null || value === undefined ? "–" : money.format(value / 100));
export const clock = value => new Date(value).toISOString().slice(11, 19);

/**
 * Shows a feed: show(picture) for each. While the page is hidden nothing is asked for; when the sample does not answer, the last
 * picture stays, greyed, and the element #state says so.
 */
export function feed(path, show) {
  let source = null;
  const state = text => {
    document.body.classList.toggle("stale", text !== "live");
    put("state", text);
  };
  const open = () => {
    if (source) return;
    source = new EventSource(path);
    source.onmessage = event => {
      state("live");
      show(JSON.parse(event.data));
    };
    source.onerror = () => state("not answering");
  };
  const close = () => {
    source?.close();
    source = null;
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  state("connecting");
  open();
}
