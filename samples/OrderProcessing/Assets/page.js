import { el, put, number, cents, feed } from "./common/sample.js";

const lanes = { placed: 0, reserved: 1, confirmed: 2, cancelled: 3 };
const chips = new Map();
const list = document.getElementById("orders");
const fullest = new Map();

/** Each order is a chip that moves from lane to lane; in a lane the newest is on top. */
function showOrders(orders) {
  const rows = [0, 0, 0, 0];
  const there = new Set();
  for (const order of orders) {
    there.add(order.id);
    let chip = chips.get(order.id);
    if (!chip) {
      chip = el("li", order.stage, el("span", "mono", order.id.slice(-4)), `${order.quantity} × ${order.product}`);
      list.append(chip);
      chips.set(order.id, chip);
    }
    const lane = lanes[order.stage];
    chip.className = order.stage;
    chip.title = `${order.id}: ${order.quantity} × ${order.product}, ${cents(order.cents)}`;
    chip.style.transform = `translate(calc(${lane} * (100% + .8rem)), calc(${rows[lane]++} * var(--row)))`;
  }
  for (const [id, chip] of chips) {
    if (!there.has(id)) {
      chip.remove();
      chips.delete(id);
    }
  }
}

function showStock(stock) {
  const body = document.getElementById("stock");
  for (const [index, { product, left }] of stock.entries()) {
    fullest.set(product, Math.max(fullest.get(product) ?? 1, left));
    const row = body.rows[index] ?? body.insertRow();
    if (!row.cells.length) row.append(el("td"), el("td", "", el("div", "bar", el("i"))), el("td", "num"));
    row.cells[0].textContent = product;
    row.querySelector("i").style.width = `${(100 * left) / fullest.get(product)}%`;
    row.cells[2].textContent = left ? number(left) : "sold out";
    row.cells[2].className = left ? "num" : "num bad";
  }
  const select = document.getElementById("product");
  if (!select.options.length) select.append(...stock.map(s => el("option", "", s.product)));
}

feed("live", shop => {
  for (const { stage, total } of shop.stages) put(`n-${stage}`, number(total.orders));
  const total = stage => shop.stages.find(s => s.stage === stage).total;
  put("m-confirmed", `${cents(total("confirmed").cents)} charged`);
  put("m-cancelled", `${cents(total("cancelled").cents)} not charged`);
  showOrders(shop.newest);
  showStock(shop.stock);
  put("unreadable", number(shop.unreadable));
  if (shop.isMended) {
    put("unreadable-text", "orders wait for a replay. Inventory is mended: it reads the codes of the old catalogue.");
    document.querySelector("#mend button").disabled = true;
  }
});

async function post(path, body) {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  return { ok: answer.ok, body: await answer.json() };
}

document.getElementById("order").addEventListener("submit", async event => {
  event.preventDefault();
  const value = id => document.getElementById(id).value;
  const { ok, body } = await post("orders", { product: value("product"), quantity: Number(value("quantity")), card: value("card") });
  put("placed", ok ? `Placed as ${body.orderId}.` : Object.values(body.errors).flat().join(" "));
});

document.getElementById("mend").addEventListener("submit", async event => {
  event.preventDefault();
  put("mended", "waiting for the last of them …");
  const { body } = await post("mend", {});
  put("mended", `${number(body.replayed)} replayed`);
});
