import { at, clock, el, feed, number, put } from "./common/sample.js";

const kinds = { tooHot: "too hot", tooCold: "too cold", silent: "silent" };
const degrees = value => `${value.toFixed(1)} °C`;

feed("live", picture => {
  const states = picture.devices.map(stateOf);
  const count = state => states.filter(found => found === state).length;
  put("mqtt", picture.mqttPort || "–");
  put("well", number(count("")));
  put("of", `of ${picture.devices.length}`);
  put("out", number(count("out")));
  put("silent", number(count("silent")));
  put("accepted", number(picture.accepted));
  put("refused", number(picture.refused));
  put("alertCount", number(picture.alerts));
  document.getElementById("devices").replaceChildren(...picture.devices.map((device, index) => card(device, states[index])));
  const list = document.getElementById("alerts");
  list.replaceChildren(...picture.lastAlerts.map(alert => el("div", `alert ${alert.kind}`,
    el("p", "", el("b", "", `${alert.room}: ${kinds[alert.kind]}`)),
    el("p", "quiet", `${alert.why}, since ${clock(alert.sinceMs)}`))));
  if (!picture.lastAlerts.length) list.append(el("p", "empty", "All is well so far."));
});

function stateOf(device) {
  const last = device.celsius[device.celsius.length - 1];
  return device.isSilent ? "silent" : last > device.most || last < device.least ? "out" : "";
}

function card(device, state) {
  const last = device.celsius[device.celsius.length - 1];
  const minute = device.minute;
  return el("article", `device ${state}`,
    el("header", "",
      el("h3", "", device.room),
      el("span", "now", state === "silent" ? "silent" : degrees(last))),
    spark(device),
    el("p", "minute", state === "silent" ? `last heard at ${clock(device.atMs)}` : minute
      ? `average ${degrees(minute.average)}, ${minute.least.toFixed(1)} to ${minute.most.toFixed(1)}`
      : "–"));
}

/** The last readings over the band in which all is well. */
function spark(device) {
  const [width, height, readings] = [200, 44, 60];
  const low = Math.min(device.least - 1, ...device.celsius);
  const high = Math.max(device.most + 1, ...device.celsius);
  const y = value => height - 2 - (value - low) / (high - low) * (height - 4);
  const x = index => width - 3 - (device.celsius.length - 1 - index) / (readings - 1) * (width - 6);
  const last = device.celsius.length - 1;
  return at(el("svg:svg", "",
    at(el("svg:rect", "band"), { x: 0, width, y: y(device.most), height: y(device.least) - y(device.most) }),
    at(el("svg:polyline", "accent-line"), {
      points: device.celsius.map((value, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`).join(" "),
      "vector-effect": "non-scaling-stroke",
    }),
    at(el("svg:circle", "accent"), { cx: x(last), cy: y(device.celsius[last]), r: 2.2 })),
  { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": `Last readings of ${device.room}` });
}
