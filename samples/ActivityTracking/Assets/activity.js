import { at, clock, el, feed, number, put } from "./common/sample.js";

const shown = 180_000, width = 720, row = 20, top = 16, left = 20;
const stages = ["view", "cart", "buy"], names = ["viewed", "cart", "bought"];
const select = document.getElementById("page");

feed("live", picture => {
  drawSessions(picture);
  drawFunnel(picture.funnel);
  drawMinutes(picture.minutes);
  put("all", number(picture.funnel[0]));
  put("open", number(picture.open));
});
offerPages();

function drawSessions({ now, sessions }) {
  const svg = document.getElementById("sessions");
  const from = now - shown, x = time => left + (width - left) * Math.max(0, (time - from) / shown);
  const parts = [];
  for (let minute = Math.ceil(from / 60_000) * 60_000; now > 0 && minute <= now; minute += 60_000) {
    parts.push(at(el("svg:line", "grid"), { x1: x(minute), x2: x(minute), y1: top, y2: 264 }));
    parts.push(at(el("svg:text", "", clock(minute).slice(0, 5)), { x: Math.min(x(minute) + 4, width - 34), y: 11 }));
  }
  for (let line = 0; line < 12; line++) {
    parts.push(at(el("svg:text", "", line + 1), { x: 0, y: top + line * row + 15 }));
    parts.push(at(el("svg:line", "grid"), { x1: left, x2: width, y1: top + line * row + 20, y2: top + line * row + 20 }));
  }
  for (const { line, start, end, clicks, furthest } of sessions.filter(s => s.end > from)) {
    const begin = x(start), long = Math.max(3, x(end) - begin);
    const bar = at(el("svg:rect", furthest), { x: begin, y: top + line * row + 4, width: long, height: 14, rx: 3 });
    bar.append(el("svg:title", "", `${clicks} clicks from ${clock(start)} to ${clock(end)}`));
    parts.push(bar);
    if (long > 24) parts.push(at(el("svg:text", `clicks on-${furthest}`, clicks), { x: begin + long / 2, y: top + line * row + 15 }));
  }
  svg.replaceChildren(...parts);
}

function drawFunnel(funnel) {
  const box = document.getElementById("funnel");
  if (!box.firstChild) {
    box.append(...stages.map((stage, i) => el("div", `stage ${stage}`, el("span", "", names[i]), el("div", "", el("div", "step")), el("b"))));
  }
  funnel.forEach((count, i) => {
    const part = funnel[0] ? count / funnel[0] : 0;
    box.children[i].querySelector(".step").style.width = `${100 * part}%`;
    box.children[i].lastChild.replaceChildren(number(count), el("small", "", i ? `${(100 * part).toFixed(1)} %` : "of all"));
  });
}

function drawMinutes(minutes) {
  document.getElementById("minutes").replaceChildren(...minutes.map(({ minute, pages }, i) =>
    el("div", "", el("h3", "", `${clock(minute).slice(0, 5)}${i ? "" : ", so far"}`), ...ranked(pages))));
}

function ranked(pages) {
  const most = pages[0]?.views || 1;
  return pages.map(({ page, views }) => {
    const bar = el("i");
    bar.style.width = `${100 * views / most}%`;
    return el("div", "ranked", el("span", "name", page), el("span", "bar", bar), el("b", "", number(views)));
  });
}

async function offerPages() {
  for (const page of await (await fetch("pages")).json()) select.append(el("option", "", page));
  select.value = "tent";
  select.addEventListener("change", recommend);
  recommend();
  setInterval(() => document.hidden || recommend(), 2000);
}

async function recommend() {
  const page = select.value;
  const answer = await fetch(`recommendations/${encodeURIComponent(page)}`).catch(() => null);
  if (page !== select.value || !answer) return;
  const pages = answer.ok ? (await answer.json()).pages : [];
  document.getElementById("recommended").replaceChildren(
    ...(pages.length ? ranked(pages) : [el("p", "empty", "Nobody has viewed it together with another page yet.")]));
}
