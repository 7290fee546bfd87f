// Where the nodes of a topology stand: layers from left to right (ranks by longest path, order by barycentre, heights by
// what a node is connected with), each sub-topology as a block of its own that is laid out first, then the blocks and
// topics among themselves. A frame therefore never covers a node that is not in it.

import { layered } from './layers.js';

const pad = { left: 16, right: 16, top: 34, bottom: 16 };
const within = { x: 34, y: 16 };
const between = { x: 40, y: 22 };
const storeGap = 12;
// How large a block is to be before it goes on in a further row, as it has to on a telephone.
const readable = [0, 0.5, 0.85];
const worthIt = 1.15;
const narrow = 60;

/**
 * Lays a topology out. Sizes are given by size(node); collapsed is the set of sub-topologies that are shown as one box, and room
 * {width, height, most} is where the picture is to be seen, at most so many times as large as it is.
 * Returns {width, height, nodes: Map of id to {x, y, w, h}, edges: [{edge, points}], frames: [{id, x, y, w, h, collapsed}]}.
 */
export function layout(topology, size, collapsed, room) {
  const scale = drawn => Math.min(room.most, room.width / drawn.width, room.height / drawn.height);
  let best = null;
  for (const least of room ? readable : [0]) {
    const next = arranged(topology, size, collapsed, room, least);
    if (best === null || scale(next) > scale(best) * worthIt) {
      best = next;
    }
  }
  return best;
}

function arranged(topology, size, collapsed, room, least) {
  const own = least > 0 ? { width: room.width - narrow, height: Infinity, most: least } : null;
  const blocks = topology.subtopologies.map(sub => block(sub, topology, size, collapsed.has(sub.id), own));
  const homes = new Map();
  for (const one of blocks) {
    for (const [id, box] of one.boxes) {
      homes.set(id, { item: one.item, box });
    }
  }
  const items = blocks.map(one => one.item);
  for (const node of topology.nodes) {
    if (!homes.has(node.id)) {
      const { w, h } = size(node);
      const item = { id: `node ${node.id}`, w, h, late: node.kind === 'topic' };
      homes.set(node.id, { item, box: { x: 0, y: 0, w, h } });
      items.push(item);
    }
  }
  const links = topology.edges
    .map(edge => link(edge, homes))
    .filter(one => one && one.from !== one.to);
  const placed = layered(items, links, between, { room });
  return finish(topology, blocks, homes, links, placed);
}

function link(edge, homes) {
  const from = homes.get(edge.from);
  const to = homes.get(edge.to);
  return from && to && {
    edge, from: from.item.id, to: to.item.id,
    fromY: from.box.y + from.box.h / 2, toY: to.box.y + to.box.h / 2,
  };
}

// One sub-topology: its operators in layers, with the stores of an operator below it.
function block(sub, topology, size, isCollapsed, room) {
  const nodes = topology.nodes.filter(node => node.subtopology === sub.id && node.kind !== 'topic');
  const item = { id: `frame ${sub.id}`, w: 172, h: 58 };
  const boxes = new Map();
  if (isCollapsed || nodes.length === 0) {
    for (const node of nodes) {
      boxes.set(node.id, { x: 0, y: 0, w: item.w, h: item.h });
    }
    return { sub, item, boxes, routes: [], isCollapsed };
  }
  const units = stacks(nodes, topology.edges, size);
  const owners = new Map(units.flatMap(unit => [[unit.id, unit], ...unit.stores.map(store => [store.id, unit])]));
  const links = topology.edges
    .filter(edge => edge.kind === 'records' && owners.has(edge.from) && owners.has(edge.to))
    .map(edge => ({ edge, from: edge.from, to: edge.to, fromY: owners.get(edge.from).anchor, toY: owners.get(edge.to).anchor }));
  const placed = layered(units, links, within, { stretch: true, room });
  for (const unit of units) {
    const at = placed.at.get(unit.id);
    let y = at.y + pad.top;
    for (const member of [unit, ...unit.stores]) {
      const h = member === unit ? unit.own : member.h;
      boxes.set(member.id, { x: at.x + pad.left, y, w: at.w, h });
      y += h + storeGap;
    }
  }
  item.w = placed.width + pad.left + pad.right;
  item.h = placed.height + pad.top + pad.bottom;
  const routes = links.map(one => ({ edge: one.edge, points: moved(placed.routes.get(one), pad.left, pad.top) }));
  return { sub, item, boxes, routes, isCollapsed };
}

function stacks(nodes, edges, size) {
  const units = new Map();
  for (const node of nodes) {
    if (node.kind !== 'store') {
      const { w, h } = size(node);
      units.set(node.id, { id: node.id, w, h, own: h, anchor: h / 2, stores: [], last: node.kind === 'sink' });
    }
  }
  for (const node of nodes.filter(one => one.kind === 'store')) {
    const { w, h } = size(node);
    const edge = edges.find(one => one.kind === 'store' && (one.from === node.id || one.to === node.id));
    const owner = edge && units.get(edge.from === node.id ? edge.to : edge.from);
    if (owner) {
      owner.stores.push({ id: node.id, h });
      owner.h += storeGap + h;
      owner.w = Math.max(owner.w, w);
    } else {
      units.set(node.id, { id: node.id, w, h, own: h, anchor: h / 2, stores: [] });
    }
  }
  return [...units.values()];
}

function finish(topology, blocks, homes, links, placed) {
  const nodes = new Map();
  for (const [id, { item, box }] of homes) {
    const at = placed.at.get(item.id);
    nodes.set(id, { x: at.x + box.x, y: at.y + box.y, w: box.w, h: box.h });
  }
  const edges = [];
  const frames = [];
  for (const one of blocks) {
    const at = placed.at.get(one.item.id);
    frames.push({ id: one.sub.id, sub: one.sub, x: at.x, y: at.y, w: one.item.w, h: one.item.h, collapsed: one.isCollapsed });
    edges.push(...one.routes.map(route => ({ edge: route.edge, points: moved(route.points, at.x, at.y) })));
  }
  for (const one of links) {
    edges.push({ edge: one.edge, points: reach(placed.routes.get(one), nodes.get(one.edge.from), nodes.get(one.edge.to)) });
  }
  for (const edge of topology.edges) {
    const from = nodes.get(edge.from);
    const to = nodes.get(edge.to);
    if (edge.kind === 'store' && from && to && homes.get(edge.from).item === homes.get(edge.to).item && from.x + from.y !== to.x + to.y) {
      edges.push({ edge, points: storeLine(from, to) });
    }
  }
  return { width: placed.width, height: placed.height, nodes, edges, frames };
}

// From block to block a line goes on, at the same height, to the node inside.
function reach(points, from, to) {
  const backwards = points[0][0] > points.at(-1)[0];
  const all = [
    [backwards ? from.x : from.x + from.w, from.y + from.h / 2],
    ...points.slice(1, -1),
    [backwards ? to.x + to.w : to.x, to.y + to.h / 2],
  ];
  const [first, last] = [points[0], points.at(-1)];
  return simple([all[0], [first[0], all[0][1]], ...all.slice(1, -1), [last[0], all.at(-1)[1]], all.at(-1)]);
}

function storeLine(a, b) {
  const [from, to] = a.y < b.y ? [a, b] : [b, a];
  const middle = from.x + from.w / 2;
  const end = to.x + to.w / 2;
  return from.y + from.h <= to.y ? [[middle, from.y + from.h], [end, to.y]] : [[middle, from.y + from.h / 2], [end, to.y + to.h / 2]];
}

// Points in one line with their neighbours say nothing.
export function simple(points) {
  return points.filter((point, at) => {
    const [before, after] = [points[at - 1], points[at + 1]];
    if (!before || !after) {
      return true;
    }
    return Math.abs((point[0] - before[0]) * (after[1] - before[1]) - (after[0] - before[0]) * (point[1] - before[1])) > 0.5;
  });
}

function moved(points, x, y) {
  return points.map(point => [point[0] + x, point[1] + y]);
}
