// Small charts. The number a chart belongs to stands beside it, so a chart is a picture and no more to a screen reader.

import { h } from './dom.js';

/** A line of the last minutes with the area under it; nulls are gaps that are drawn over. */
export function spark(series, { w = 120, hgt = 26, tone = '' } = {}) {
  const all = series ?? [];
  const known = all.map((value, at) => [at, value]).filter(([, value]) => value !== null && value !== undefined);
  const top = Math.max(...known.map(([, value]) => Number(value)), 0) || 1;
  const x = at => ((at / Math.max(1, all.length - 1)) * w).toFixed(1);
  const line = known.map(([at, value]) => `${x(at)},${(hgt - 1.5 - (Number(value) / top) * (hgt - 3)).toFixed(1)}`).join(' ');
  return h('svg', { class: `spark ${tone}`, viewBox: `0 0 ${w} ${hgt}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    h('line', { class: 'base', x1: 0, x2: w, y1: hgt - 0.5, y2: hgt - 0.5 }),
    known.length > 1 && h('polygon', { class: 'area', points: `${x(known[0][0])},${hgt} ${line} ${x(known.at(-1)[0])},${hgt}` }),
    known.length > 1 && h('polyline', { class: 'line', points: line }));
}

/** Bars over time: {at, count} each. */
export function bars(points, label) {
  const top = Math.max(1, ...points.map(point => Number(point.count)));
  const w = 100 / Math.max(1, points.length);
  const width = Math.min(4, w * 0.7);
  return h('svg', { class: 'bars', viewBox: '0 0 100 40', preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
    h('line', { class: 'base', x1: 0, x2: 100, y1: 39.5, y2: 39.5 }),
    points.map((point, at) => {
      const height = Number(point.count) === 0 ? 0 : Math.max(2, (Number(point.count) / top) * 38);
      return h('rect', { x: (at * w + (w - width) / 2).toFixed(2), y: (39 - height).toFixed(2), width: width.toFixed(2), height: height.toFixed(2) });
    }));
}

/** A share of a whole as a bar; the number stands beside it. */
export function meter(share, tone = '') {
  return h('span', { class: `meter ${tone}`, 'aria-hidden': 'true' },
    h('span', { style: { width: `${Math.min(100, Math.max(0, share * 100)).toFixed(1)}%` } }));
}

/** Shares of one as parts of one bar: [name, share] each. */
export function shares(parts) {
  return h('span', { class: 'meter parts', 'aria-hidden': 'true' },
    parts.map(([name, share], at) => h('span', { key: name, class: `part${at % 5}`, style: { width: `${(share * 100).toFixed(1)}%` } })));
}
