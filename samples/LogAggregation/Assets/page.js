import { el, at, put, number, clock, feed } from "./common/sample.js";

const shown = 30;
const spikeErrors = 20;

/** One row a service: a bar for each minute, higher with more errors, on the same scale for all. */
function showRates(minutes) {
  const times = [...new Set(minutes.map(m => m.at))].sort().slice(-shown);
  const most = Math.max(5, ...minutes.map(m => m.errors));
  const services = [...new Set(minutes.map(m => m.service))].sort();
  const parts = [];
  for (const service of services) {
    const drawing = at(el("svg:svg"), { viewBox: `0 0 ${shown * 10} 64`, preserveAspectRatio: "none", role: "img", "aria-label": `errors of ${service}` });
    drawing.append(at(el("svg:line", "grid"), { x1: 0, x2: shown * 10, y1: 63.5, y2: 63.5 }));
    let newest = 0;
    times.forEach((time, index) => {
      const errors = minutes.find(m => m.service === service && m.at === time)?.errors ?? 0;
      const height = (60 * errors) / most;
      const bar = at(el("svg:rect", errors >= spikeErrors ? "spike" : ""), {
        x: (index + shown - times.length) * 10 + 1, width: 8, y: 63 - height, height,
      });
      bar.append(el("svg:title", "", `${clock(time)} ${service}: ${errors} errors`));
      drawing.append(bar);
      newest = errors;
    });
    parts.push(el("span", "", service), drawing, el("b", newest >= spikeErrors ? "bad" : "", number(newest)));
  }
  document.getElementById("rates").replaceChildren(...parts);
}

feed("live", picture => {
  showRates(picture.minutes);
  document.getElementById("none").hidden = picture.spikes.length > 0;
  document.getElementById("spikes").replaceChildren(...picture.spikes.map(s =>
    el("tr", "", el("td", "mono", clock(s.at).slice(0, 5)), el("td", "", s.service), el("td", "num bad", `${number(s.errors)} errors`))));
});

async function search() {
  const query = new URLSearchParams({ text: document.getElementById("text").value, service: document.getElementById("service").value });
  const lines = await (await fetch(`search?${query}`)).json();
  put("found", lines.length === 200 ? "the first 200" : `${number(lines.length)} lines`);
  document.getElementById("lines").replaceChildren(...lines.map(l =>
    el("tr", "", el("td", "mono quiet file", l.file), el("td", "mono wrap", l.line.slice(13)))));
}

document.getElementById("search").addEventListener("submit", event => {
  event.preventDefault();
  search();
});
