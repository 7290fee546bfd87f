import { at, cents, clock, el, feed, number, put } from "./common/sample.js";

const rules = {
  velocity: "Too many in a minute",
  travel: "Two places at once",
  blocked: "Blocked card",
};
const milliseconds = value => (value === null ? "–" : value < 10 ? value.toFixed(1) : number(value));
let before = null;

feed("live", picture => {
  put("judged", number(picture.judged));
  put("objected", number(picture.objected));
  put("share", picture.judged ? `${(100 * picture.objected / picture.judged).toFixed(1)} %` : "");
  put("p50", milliseconds(picture.latency.p50));
  put("p99", milliseconds(picture.latency.p99));
  if (before && picture.seconds > before.seconds) {
    const now = (picture.judged - before.judged) / (picture.seconds - before.seconds);
    before.rate = before.rate === undefined ? now : before.rate * .7 + now * .3;
    put("rate", number(before.rate));
  }
  before = { ...before, seconds: picture.seconds, judged: picture.judged };
  showRules(picture);
  showLatency(picture.latency.seconds);
  showAlerts(picture.alerts);
  document.getElementById("verdicts").replaceChildren(...picture.verdicts.map(verdict =>
    el("tr", verdict.objections.length ? "objected" : "",
      el("td", "", clock(verdict.atMs)), el("td", "mono", verdict.card), el("td", "num", cents(verdict.cents)),
      el("td", "", `${verdict.merchant}, ${verdict.city}`), el("td", "num", `${milliseconds(verdict.latencyMs)} ms`))));
});

function showRules(picture) {
  const most = Math.max(1, ...Object.values(picture.byRule));
  document.getElementById("rules").replaceChildren(...Object.entries(rules).map(([rule, name]) => {
    const bar = el("i", "");
    bar.style.width = `${100 * picture.byRule[rule] / most}%`;
    return el("div", "rule", el("p", "", el("span", "", name), el("b", "", number(picture.byRule[rule]))), el("div", "bar", bar));
  }));
}

function showAlerts(alerts) {
  const list = document.getElementById("alerts");
  list.replaceChildren(...alerts.map(alert => el("div", "alert",
    el("p", "what",
      el("span", "quiet", clock(alert.atMs)), el("span", "mono", alert.card),
      el("span", "", cents(alert.cents)), el("span", "quiet", `${alert.merchant}, ${alert.city}`)),
    ...alert.objections.map(objection => el("p", "", objection.why)))));
  if (!alerts.length) list.append(el("p", "empty", "Nothing to object to so far."));
}

function showLatency(seconds) {
  const svg = document.getElementById("latency");
  const width = Math.max(240, svg.clientWidth); // drawn to size, so that text is read on a small screen too
  svg.setAttribute("viewBox", `0 0 ${width} 170`);
  const [left, right, top, bottom] = [62, width - 8, 10, 148];
  const most = scale(Math.max(10, ...seconds.map(second => second.p99)));
  const last = seconds.length ? seconds[seconds.length - 1].second : 0;
  const x = second => right - (last - second) / 59 * (right - left);
  const y = value => bottom - value / most * (bottom - top);
  const line = part => seconds.map(second => `${x(second.second).toFixed(1)},${y(second[part]).toFixed(1)}`).join(" ");
  svg.replaceChildren(
    ...[0, .5, 1].flatMap(part => [
      at(el("svg:line", "grid"), { x1: left, x2: right, y1: y(most * part), y2: y(most * part) }),
      at(el("svg:text", "quiet", `${number(most * part)} ms`), { x: left - 6, y: y(most * part) + 4, "text-anchor": "end" }),
    ]),
    at(el("svg:text", "quiet", "a minute ago"), { x: left, y: 166 }),
    at(el("svg:text", "quiet", "now"), { x: right, y: 166, "text-anchor": "end" }),
    at(el("svg:polyline", "p99-line"), { points: line("p99") }),
    at(el("svg:polyline", "accent-line"), { points: line("p50") }));
}

/** The next round number: 1, 2 or 5 and zeros. */
function scale(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find(step => step * power >= value) * power;
}
