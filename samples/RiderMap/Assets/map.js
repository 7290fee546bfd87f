// The map. The feed tells of each rider's position every few seconds; between two of them the rider is moved along the streets.
import { at, clock, el, feed, number, put } from "./common/sample.js";
import { Ride } from "./ride.js";

const width = 4000, height = 2500, block = 100, zoneSize = 500;
const riders = new Map(); // id -> Ride
const deliveries = new Map(); // id -> delivery
const cells = new Map(); // zone -> { shade, text, count }
const canvas = document.getElementById("riders");
const pen = canvas.getContext("2d");
let chosen = null, brought = 0, colors, pushes = [], frames = [];

drawGround();
readColors();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", readColors);
new ResizeObserver(fit).observe(canvas);
feed("live", told);
requestAnimationFrame(draw);
setInterval(tellFigures, 1000);

function told(changes) {
  const now = performance.now();
  for (const { id, at: position, time } of changes.riders) {
    if (!riders.has(id)) riders.set(id, new Ride(id));
    riders.get(id).push(position, time, now);
  }
  pushes.push([now, changes.riders.length]);
  for (const [zone, count] of Object.entries(changes.zones)) shade(zone, count);
  for (const [id, delivery] of Object.entries(changes.deliveries)) tellDelivery(id, delivery);
}

function tellDelivery(id, delivery) {
  const before = deliveries.get(id);
  if (delivery) deliveries.set(id, delivery);
  else deliveries.delete(id);
  const rider = riders.get((delivery ?? before)?.rider);
  if (!rider) return;
  if (delivery && !delivery.arrived) rider.carries = { id, ...delivery };
  else if (rider.carries?.id === id) rider.carries = null;
  if (delivery?.arrived && before && !before.arrived) brought++;
}

function draw(now) {
  frames.push(now);
  const scale = canvas.width / width;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  const size = Math.max(13, (canvas.clientWidth < 600 ? 1.6 : 2.3) * devicePixelRatio / scale); // metres
  const dots = { idle: new Path2D(), busy: new Path2D() }, doors = new Path2D();
  for (const rider of riders.values()) {
    const { x, y } = rider.move(now);
    const dot = rider.carries ? dots.busy : dots.idle;
    dot.moveTo(x + size, y);
    dot.arc(x, y, size, 0, 2 * Math.PI);
    if (rider.carries) diamond(doors, rider.carries.x, rider.carries.y, size * 0.8);
  }
  pen.globalAlpha = 0.55;
  fill(doors, colors.door);
  pen.globalAlpha = 1;
  fill(dots.idle, colors.idle);
  fill(dots.busy, colors.busy);
  if (chosen) drawChosen(chosen, size);
  requestAnimationFrame(draw);
}

function drawChosen(rider, size) {
  const { x, y } = rider.shown;
  pen.lineWidth = size * 0.45;
  pen.strokeStyle = colors.ink;
  if (rider.carries) {
    pen.setLineDash([size * 1.5, size]);
    pen.stroke(new Path2D(`M${x} ${y} L${rider.carries.x} ${rider.carries.y}`));
    pen.setLineDash([]);
    const door = new Path2D();
    diamond(door, rider.carries.x, rider.carries.y, size * 1.6);
    fill(door, colors.door);
  }
  pen.beginPath();
  pen.arc(x, y, size * 2, 0, 2 * Math.PI);
  pen.stroke();
}

function diamond(path, x, y, size) {
  path.moveTo(x, y - size);
  path.lineTo(x + size, y);
  path.lineTo(x, y + size);
  path.lineTo(x - size, y);
  path.closePath();
}

function fill(path, color) {
  pen.fillStyle = color;
  pen.fill(path);
}

function drawGround() {
  const ground = document.getElementById("ground");
  const line = (kind, x1, y1, x2, y2) => ground.append(at(el("svg:line", kind), { x1, y1, x2, y2 }));
  ground.append(at(el("svg:path", "river"), { d: "M-100 1750 C 700 1450, 1100 2150, 1900 1650 S 3200 700, 4100 1050" }));
  for (let x = 0; x <= width; x += block) line(x % zoneSize ? "street" : "avenue", x, 0, x, height);
  for (let y = 0; y <= height; y += block) line(y % zoneSize ? "street" : "avenue", 0, y, width, y);
  for (let y = 0; y < height; y += zoneSize) {
    for (let x = 0; x < width; x += zoneSize) {
      const zone = String.fromCharCode(65 + x / zoneSize) + (y / zoneSize + 1);
      const shade = at(el("svg:rect", "zone"), { x, y, width: zoneSize, height: zoneSize, "fill-opacity": 0 });
      const text = at(el("svg:text", "in"), { x: x + zoneSize - 30, y: y + 90 });
      ground.append(shade, at(el("svg:text", "", zone), { x: x + 30, y: y + 86 }), text);
      cells.set(zone, { shade, text, count: 0 });
    }
  }
}

function shade(zone, count) {
  const cell = cells.get(zone);
  if (!cell) return;
  cell.count = count;
  cell.text.textContent = count;
  const even = riders.size / cells.size || count || 1;
  cell.shade.setAttribute("fill-opacity", Math.min(0.55, 0.16 * count / even).toFixed(3));
}

function tellFigures() {
  const now = performance.now();
  frames = frames.filter(time => time > now - 2000);
  pushes = pushes.filter(([time]) => time > now - 5000);
  put("fps", Math.round(frames.length / 2));
  put("count", number(riders.size));
  put("busy", number([...riders.values()].filter(rider => rider.carries).length));
  put("pushes", number(pushes.reduce((sum, [, count]) => sum + count, 0) / 5));
  put("brought", number(brought));
  tellZones();
  tellChosen();
}

function tellZones() {
  const busiest = [...cells].sort((a, b) => b[1].count - a[1].count || (a[0] < b[0] ? -1 : 1)).slice(0, 8);
  const most = busiest[0][1].count || 1;
  document.getElementById("zones").replaceChildren(...busiest.map(([zone, { count }]) => {
    const bar = el("i");
    bar.style.width = `${100 * count / most}%`;
    return el("div", "", el("span", "", zone), el("span", "bar", bar), el("b", "", number(count)));
  }));
}

function tellChosen() {
  document.getElementById("nobody").hidden = !!chosen;
  document.getElementById("who").hidden = !chosen;
  if (!chosen) return;
  const { last, carries, time } = chosen;
  put("who-id", chosen.id);
  put("who-zone", zoneOf(last));
  put("who-delivery", carries ? carries.id : "–");
  put("who-left", carries ? `${number(Math.abs(carries.x - last.x) + Math.abs(carries.y - last.y))} m` : "–");
  put("who-time", clock(time));
}

function zoneOf({ x, y }) {
  const column = Math.floor(Math.min(x, width - 1) / zoneSize), row = Math.floor(Math.min(y, height - 1) / zoneSize);
  return String.fromCharCode(65 + column) + (row + 1);
}

canvas.addEventListener("click", event => {
  const box = canvas.getBoundingClientRect(), scale = width / box.width;
  const x = (event.clientX - box.left) * scale, y = (event.clientY - box.top) * scale;
  const far = rider => Math.hypot(rider.shown.x - x, rider.shown.y - y);
  const nearest = [...riders.values()].reduce((a, b) => (!a || far(b) < far(a) ? b : a), null);
  chosen = nearest && far(nearest) < 28 * scale ? nearest : null;
  tellChosen();
});

function fit() {
  canvas.width = Math.round(canvas.clientWidth * devicePixelRatio);
  canvas.height = Math.round(canvas.clientHeight * devicePixelRatio);
}

function readColors() {
  const probe = el("i");
  document.body.append(probe);
  const read = name => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  colors = { idle: read("--idle"), busy: read("--accent"), door: read("--door"), ink: read("--ink") };
  probe.remove();
}
