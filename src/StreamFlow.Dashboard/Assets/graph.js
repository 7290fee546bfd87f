// How the parts of a topology look: topics as pills, operators as boxes, stores as drums, sub-topologies as frames.

import { h } from './dom.js';
import { count, rate, short } from './format.js';

const most = 216;
const lines = { one: 15.5, two: 30, height: 40 };
const words = {
  TOSTREAM: 'to stream', TOTABLE: 'to table', MAPVALUES: 'map values', FLATMAP: 'flat map', FLATMAPVALUES: 'flat map values',
  TRANSFORMVALUES: 'transform values', JOINTHIS: 'join this', JOINOTHER: 'join other', OUTERTHIS: 'outer this', OUTEROTHER: 'outer other',
  LEFTJOIN: 'left join', OUTERJOIN: 'outer join', 'KEY-SELECT': 'select key', WINDOWED: 'window',
};
const brush = document.createElement('canvas').getContext('2d');

/** What a node says in its two lines. */
export function caption(node, figures, application) {
  return { one: title(node, application), two: second(node, figures) };
}

function title(node, application) {
  if (node.kind === 'topic' || node.kind === 'store') {
    return node.isInternal && node.name.startsWith(`${application}-`) ? node.name.slice(application.length + 1) : node.name;
  }
  return node.isNamed ? node.name : kindOf(node);
}

function second(node, figures) {
  if (node.kind === 'store') {
    return `${storeKind(node.store?.kind)}${node.store?.persistent ? ' · disk' : ' · memory'}`;
  }
  if (node.kind === 'source' && figures?.lag !== null && figures?.lag !== undefined) {
    return Number(figures.lag) === 0 ? 'lag 0' : `lag ${short(figures.lag)}`;
  }
  if (figures?.perSecond !== null && figures?.perSecond !== undefined) {
    return rate(figures.perSecond);
  }
  const number = /-(\d{10})$/.exec(node.name);
  return node.isNamed || !number ? (node.type === null && node.kind === 'operator' ? '' : kindOf(node)) : `#${Number(number[1])}`;
}

export function kindOf(node) {
  if (node.kind !== 'operator') {
    return node.kind;
  }
  const name = String(node.type ?? 'operator').replace(/^K(STREAM|TABLE|GROUPEDSTREAM|GLOBALTABLE)-/, '');
  return words[name] ?? name.toLowerCase().replaceAll('-', ' ');
}

export function storeKind(kind) {
  return String(kind ?? 'store').replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}

/** How large a node has to be for what it says; the second line is given room for what may come. */
export function size(node, application) {
  brush.font = '500 12.5px Inter, ui-sans-serif, system-ui, sans-serif';
  const { one, two } = caption(node, null, application);
  const text = Math.max(brush.measureText(one).width, brush.measureText(two).width * 0.9, 46);
  return { w: Math.ceil(Math.min(most, text + (node.kind === 'topic' ? 30 : 22))), h: node.kind === 'store' ? 50 : lines.height };
}

// The middle is left out: names of one operator's parts begin alike, and names of one kind of part end alike.
function cut(text, width) {
  if (brush.measureText(text).width <= width) {
    return text;
  }
  let keep = text.length - 1;
  let shorter = text;
  while (keep > 4 && brush.measureText(shorter).width > width) {
    keep--;
    shorter = `${text.slice(0, Math.ceil(keep / 2))}…${text.slice(text.length - Math.floor(keep / 2))}`;
  }
  return shorter;
}

/** Draws a node; look is {figures, application, selected, dimmed, tone, tab, most: the highest lag of all}. */
export function drawNode(node, box, look, on) {
  const { figures } = look;
  const { one, two } = caption(node, figures, look.application);
  const wrong = Number(figures?.dropped ?? 0);
  const classes = ['node', node.kind, node.isInternal && 'internal', look.selected && 'selected', look.dimmed && 'dimmed', look.tone];
  brush.font = '500 12.5px Inter, ui-sans-serif, system-ui, sans-serif';
  const drop = node.kind === 'store' ? 8 : 0;
  return h('g', {
    key: node.id, class: classes.filter(Boolean).join(' '), transform: `translate(${box.x} ${box.y})`, role: 'button', tabindex: look.tab ? 0 : -1,
    'data-node': node.id, 'aria-pressed': String(!!look.selected),
    onclick: () => on.open(node.id), onkeydown: event => on.key(event, node.id), onfocus: () => on.focus(node.id), onblur: () => on.focus(null),
  },
    h('title', null, spoken(node, figures, wrong)),
    shape(node.kind, box),
    h('text', { class: two === '' ? 'one alone' : 'one', x: box.w / 2, y: lines.one + 1.5 + drop }, cut(one, box.w - 14)),
    h('text', { class: 'two', x: box.w / 2, y: lines.two + 1 + drop }, two),
    node.kind === 'source' && lagBar(figures, box, look.most),
    wrong > 0 && badge(wrong, box, Number(figures.errors) > 0 ? 'bad' : 'warn'),
    look.tone && h('g', { class: 'mark', transform: 'translate(0 0)' }, h('circle', { r: 8 }), h('text', { y: 3.5 }, look.tone === 'bad' ? '!' : '▲')));
}

function spoken(node, figures, wrong) {
  return [
    `${node.kind} ${node.name}`, figures?.perSecond !== null && figures?.perSecond !== undefined && rate(figures.perSecond),
    figures?.lag !== null && figures?.lag !== undefined && `lag ${count(figures.lag)}`, wrong > 0 && `${count(wrong)} dropped`,
  ].filter(Boolean).join(', ');
}

function shape(kind, { w, h: height }) {
  if (kind === 'store') {
    const edge = 6;
    return [
      h('path', { class: 'shape', d: `M0 ${edge}V${height - edge}A${w / 2} ${edge} 0 0 0 ${w} ${height - edge}V${edge}A${w / 2} ${edge} 0 0 0 0 ${edge}Z` }),
      h('path', { class: 'rim', d: `M0 ${edge}A${w / 2} ${edge} 0 0 0 ${w} ${edge}` }),
    ];
  }
  return h('rect', { class: 'shape', width: w, height, rx: kind === 'topic' ? height / 2 : kind === 'operator' ? 6 : 3 });
}

// On a scale of logarithms, as a lag of ten and one of ten million are both to be seen.
function lagBar(figures, { w, h: height }, highest) {
  const lag = Number(figures?.lag ?? 0);
  const share = lag <= 0 ? 0 : Math.log10(1 + lag) / Math.log10(1 + Math.max(1000, highest));
  return h('g', { class: 'lag' },
    h('rect', { class: 'track', x: 4, y: height - 5.5, width: w - 8, height: 2.5, rx: 1.25 }),
    h('rect', { class: 'fill', x: 4, y: height - 5.5, width: ((w - 8) * share).toFixed(1), height: 2.5, rx: 1.25 }));
}

function badge(wrong, { w }, tone) {
  const text = short(wrong);
  const width = Math.max(16, 8 + text.length * 6.2);
  return h('g', { class: `badge ${tone}`, transform: `translate(${w - width / 2} 0)` },
    h('rect', { x: -width / 2, y: -8, width, height: 16, rx: 8 }), h('text', { y: 3.7 }, text));
}

/** Draws an edge: as wide as what flows on it, with points that move only where something does. */
export function drawEdge({ edge, points }, perSecond, { labelled, dimmed }, on) {
  const d = path(points);
  const flows = Number(perSecond ?? 0) > 0;
  const width = edge.kind === 'store' ? 1.2 : 1.2 + (flows ? Math.min(6, Math.log10(1 + perSecond) * 0.95) : 0);
  const classes = ['edge', edge.kind, flows && 'flows', labelled && 'labelled', dimmed && 'dimmed'];
  return h('g', { key: edge.id, class: classes.filter(Boolean).join(' '), 'data-edge': edge.id, onpointerenter: () => on.hover(edge.id), onpointerleave: () => on.hover(null) },
    h('path', { class: 'reach', d }),
    h('path', { class: 'line', d, style: { 'stroke-width': width.toFixed(2) } }),
    edge.kind === 'records' && h('path', { class: 'head', d: arrow(points, width) }),
    flows && h('path', { class: 'dots', d, style: { 'stroke-width': Math.max(2.2, width * 0.55).toFixed(2), 'animation-duration': `${Math.max(0.5, 2.6 - Math.log10(1 + perSecond) * 0.35).toFixed(2)}s` } }));
}

/** The rate of an edge, where it is asked for. */
export function drawLabel({ edge, points }, perSecond) {
  const [x, y] = middle(points);
  const text = rate(perSecond);
  const width = text.length * 6.4 + 12;
  return h('g', { key: `label ${edge.id}`, class: 'label', transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` },
    h('rect', { x: -width / 2, y: -9, width, height: 18, rx: 9 }), h('text', { y: 4 }, text));
}

// Bends are rounded off.
function path(points) {
  let d = `M${points[0][0]} ${points[0][1].toFixed(1)}`;
  for (let at = 1; at + 1 < points.length; at++) {
    const [before, bend, after] = [points[at - 1], points[at], points[at + 1]];
    const [a, b] = [towards(bend, before), towards(bend, after)];
    d += `L${a[0].toFixed(1)} ${a[1].toFixed(1)}Q${bend[0]} ${bend[1].toFixed(1)} ${b[0].toFixed(1)} ${b[1].toFixed(1)}`;
  }
  return `${d}L${points.at(-1)[0]} ${points.at(-1)[1].toFixed(1)}`;
}

function towards(from, to) {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]) || 1;
  const part = Math.min(8, length / 2) / length;
  return [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part];
}

function arrow(points, width) {
  const [x, y] = points.at(-1);
  const [fromX, fromY] = points.at(-2);
  const turn = Math.atan2(y - fromY, x - fromX);
  const long = 5 + width * 0.7;
  const wide = 2.6 + width * 0.55;
  const corner = side => [x - long * Math.cos(turn) + side * wide * Math.sin(turn), y - long * Math.sin(turn) - side * wide * Math.cos(turn)].map(one => one.toFixed(1)).join(' ');
  return `M${x} ${y.toFixed(1)}L${corner(1)}L${corner(-1)}Z`;
}

function middle(points) {
  const lengths = points.slice(1).map((point, at) => Math.hypot(point[0] - points[at][0], point[1] - points[at][1]));
  let left = lengths.reduce((sum, one) => sum + one, 0) / 2;
  for (let at = 0; at < lengths.length; at++) {
    if (left <= lengths[at]) {
      const part = left / (lengths[at] || 1);
      return [points[at][0] + (points[at + 1][0] - points[at][0]) * part, points[at][1] + (points[at + 1][1] - points[at][1]) * part];
    }
    left -= lengths[at];
  }
  return points[0];
}

/** Draws the frame of a sub-topology, or the box that it is while collapsed. */
export function drawFrame(frame, nodes, on) {
  const name = frame.sub.name ?? (frame.sub.isGlobal ? 'Global tables' : `Sub-topology ${frame.id}`);
  const toggle = () => on.collapse(frame.id);
  return h('g', { key: `frame ${frame.id}`, class: `frame${frame.collapsed ? ' collapsed' : ''}`, transform: `translate(${frame.x} ${frame.y})`, 'data-frame': frame.id },
    h('rect', { class: 'region', width: frame.w, height: frame.h, rx: 10 }),
    h('g', {
      class: 'toggle', role: 'button', tabindex: 0, 'aria-expanded': String(!frame.collapsed),
      onclick: toggle, onkeydown: event => { if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); toggle(); } },
    },
      h('title', null, `${name}, ${nodes} nodes`),
      h('rect', { class: 'hit', x: 6, y: 5, width: frame.collapsed ? frame.w - 12 : Math.min(frame.w - 12, 150), height: frame.collapsed ? frame.h - 10 : 22, rx: 6 }),
      h('text', { class: 'sign', x: 18, y: 20 }, frame.collapsed ? '+' : '−'),
      h('text', { class: 'name', x: 30, y: 20 }, name),
      frame.collapsed && h('text', { class: 'two', x: 30, y: 40 }, `${nodes} nodes`)));
}
