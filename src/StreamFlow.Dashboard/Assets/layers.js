// A layered drawing of a directed graph from left to right, as Sugiyama, Tagawa and Toda have it, in its smallest form.

import { fold, place } from './rows.js';

// Even, so that the heights end with a sweep forwards.
const sweeps = 12;

/**
 * Places items {id, w, h, last?, late?} that are linked {from, to, fromY, toY}. Returns {width, height,
 * at: Map of id to {x, y, w}, routes: Map of link to points}. With stretch, all in one layer are as wide as its widest; with
 * room {width, height}, layers go on in a further row, as text does, where that makes the picture larger.
 */
export function layered(items, links, gap, { stretch = false, room = null } = {}) {
  const cells = new Map(items.map(item => [item.id, { ...item, item, into: [], out: [] }]));
  const ways = forward(cells, links);
  rank(cells, ways);
  const layers = chain(cells, ways);
  order(layers);
  heights(layers, gap.y);
  return place(fold(layers, ways, gap, room), ways, stretch);
}

// A link that closes a circle is drawn backwards.
function forward(cells, links) {
  const state = new Map();
  const outOf = new Map([...cells.keys()].map(id => [id, []]));
  for (const link of links) {
    outOf.get(link.from).push(link);
  }
  const backwards = new Set();
  const visit = id => {
    state.set(id, 'open');
    for (const link of outOf.get(id)) {
      if (state.get(link.to) === 'open') {
        backwards.add(link);
      } else if (!state.has(link.to)) {
        visit(link.to);
      }
    }
    state.set(id, 'done');
  };
  const targets = new Set(links.map(link => link.to));
  for (const id of [...cells.keys()].sort((a, b) => targets.has(a) - targets.has(b))) {
    if (!state.has(id)) {
      visit(id);
    }
  }
  return links.map(link => backwards.has(link)
    ? { link, backwards: true, from: cells.get(link.to), to: cells.get(link.from), fromY: link.toY, toY: link.fromY }
    : { link, backwards: false, from: cells.get(link.from), to: cells.get(link.to), fromY: link.fromY, toY: link.toY });
}

function rank(cells, ways) {
  const known = new Map();
  const into = cell => ways.filter(way => way.to === cell);
  const longest = cell => {
    if (!known.has(cell)) {
      known.set(cell, 0);
      known.set(cell, Math.max(0, ...into(cell).map(way => longest(way.from) + 1)));
    }
    return known.get(cell);
  };
  for (const cell of cells.values()) {
    cell.rank = longest(cell);
  }
  const deepest = Math.max(0, ...[...cells.values()].map(cell => cell.rank));
  for (const cell of cells.values()) {
    const next = ways.filter(way => way.from === cell).map(way => way.to.rank);
    if (cell.late && next.length > 0 && !ways.some(way => way.to === cell)) {
      cell.rank = Math.min(...next) - 1;
    } else if (cell.last && next.length === 0) {
      cell.rank = deepest;
    }
  }
}

// A link over several layers keeps a place in each of them, so that it does not run through boxes.
function chain(cells, ways) {
  const layers = [];
  const put = cell => (layers[cell.rank] ??= []).push(cell);
  for (const cell of [...cells.values()]) {
    put(cell);
  }
  for (const way of ways) {
    way.path = [way.from];
    for (let at = way.from.rank + 1; at < way.to.rank; at++) {
      const dummy = { dummy: true, rank: at, w: 0, h: 6, into: [], out: [] };
      put(dummy);
      way.path.push(dummy);
    }
    way.path.push(way.to);
    for (let at = 0; at + 1 < way.path.length; at++) {
      const [from, to] = [way.path[at], way.path[at + 1]];
      const fromY = from.dummy ? 3 : way.fromY;
      const toY = to.dummy ? 3 : way.toY;
      const weight = (from.dummy ? 2 : 1) * (to.dummy ? 2 : 1);
      from.out.push({ cell: to, own: fromY, other: toY, weight });
      to.into.push({ cell: from, own: toY, other: fromY, weight });
    }
  }
  return layers.filter(layer => layer?.length);
}

function order(layers) {
  number(layers);
  let best = layers.map(layer => [...layer]);
  let fewest = crossings(layers);
  for (let sweep = 0; sweep < sweeps && fewest > 0; sweep++) {
    const down = sweep % 2 === 0;
    for (const layer of down ? layers : [...layers].reverse()) {
      const wish = new Map(layer.map(cell => [cell, barycentre(down ? cell.into : cell.out, cell.index)]));
      layer.sort((a, b) => wish.get(a) - wish.get(b) || a.index - b.index);
      layer.forEach((cell, index) => { cell.index = index; });
    }
    const now = crossings(layers);
    if (now < fewest) {
      fewest = now;
      best = layers.map(layer => [...layer]);
    }
  }
  best.forEach((layer, at) => { layers[at] = layer; });
  number(layers);
}

function number(layers) {
  for (const layer of layers) {
    layer.forEach((cell, index) => { cell.index = index; });
  }
}

// Where in a block a line ends counts too, as a part of one place.
function barycentre(ends, otherwise) {
  return ends.length === 0 ? otherwise : ends.reduce((sum, end) => sum + place01(end), 0) / ends.length;
}

function place01(end) {
  return end.cell.index + (end.cell.h ? end.other / (end.cell.h + 1) : 0);
}

function crossings(layers) {
  let sum = 0;
  for (const layer of layers) {
    const ends = layer.flatMap(cell => cell.out.map(end => [cell.index + end.own / (cell.h + 1), place01(end)]));
    for (let a = 0; a < ends.length; a++) {
      for (let b = a + 1; b < ends.length; b++) {
        sum += (ends[a][0] - ends[b][0]) * (ends[a][1] - ends[b][1]) < 0 ? 1 : 0;
      }
    }
  }
  return sum;
}

// Every cell as near as may be to the height of what it is linked with, none nearer to the next than the gap.
function heights(layers, gap) {
  for (const layer of layers) {
    let y = 0;
    for (const cell of layer) {
      cell.y = y;
      y += cell.h + gap;
    }
  }
  // The last sweep goes along with the records: what has one thing before it stands beside it, and its line is straight.
  for (let sweep = 0; sweep <= sweeps; sweep++) {
    const down = sweep % 2 === 0;
    for (const layer of down ? layers : [...layers].reverse()) {
      settle(layer, gap, down ? 'into' : 'out');
    }
  }
}

// The nearest heights in the given order: the mean of each run of cells that would otherwise stand on each other.
function settle(layer, gap, side) {
  const runs = [];
  let offset = 0;
  for (const cell of layer) {
    const ends = cell[side].length ? cell[side] : [...cell.into, ...cell.out];
    const weight = ends.reduce((sum, end) => sum + end.weight, 0);
    const wish = weight === 0 ? cell.y
      : ends.reduce((sum, end) => sum + end.weight * (end.cell.y + end.other - end.own), 0) / weight;
    let run = { cells: [[cell, offset]], sum: (wish - offset) * (weight || 0.1), weight: weight || 0.1 };
    while (runs.length > 0 && runs.at(-1).sum / runs.at(-1).weight > run.sum / run.weight) {
      const before = runs.pop();
      run = { cells: [...before.cells, ...run.cells], sum: before.sum + run.sum, weight: before.weight + run.weight };
    }
    runs.push(run);
    offset += cell.h + gap;
  }
  for (const run of runs) {
    for (const [cell, after] of run.cells) {
      cell.y = run.sum / run.weight + after;
    }
  }
}

