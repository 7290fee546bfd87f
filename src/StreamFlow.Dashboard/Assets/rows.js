// Layers beside each other, and in several rows where one would be too long to be read.

const lane = 9;
const mostRows = 8;
const worthIt = 1.15;

/** Gives each layer its row and its place in it; the number of rows is the one that makes the picture largest in its room. */
export function fold(layers, ways, gap, room) {
  const widths = layers.map(layer => Math.max(0, ...layer.map(cell => cell.w)));
  let best = arranged(layers, ways, widths, gap, 1);
  for (let rows = 2; room && rows <= Math.min(mostRows, layers.length); rows++) {
    const next = arranged(layers, ways, widths, gap, rows);
    if (scale(next, room) > scale(best, room) * worthIt) {
      best = next;
    }
  }
  return best;
}

function scale({ width, height }, room) {
  return Math.min(room.most, room.width / Math.max(1, width), room.height / Math.max(1, height));
}

function arranged(layers, ways, widths, gap, count) {
  const starts = breaks(widths, gap.x, count);
  const crossing = starts.map(start => ways.filter(way => way.from.rank < layers[start]?.[0].rank && way.to.rank >= layers[start][0].rank));
  const columns = new Map();
  const rows = [];
  const left = Math.max(0, ...crossing.slice(1).map(all => all.length)) > 0 ? gap.x : 0;
  let top = 0;
  let width = 0;
  starts.forEach((start, row) => {
    const own = layers.slice(start, starts[row + 1] ?? layers.length);
    const cells = own.flat();
    const first = Math.min(...cells.map(cell => cell.y));
    const between = row === 0 ? 0 : gap.y + crossing[row].length * lane;
    let x = left;
    top += between;
    own.forEach((layer, at) => {
      for (const cell of layer) {
        columns.set(cell, { x, w: widths[start + at], y: cell.y - first + top, row });
      }
      x += widths[start + at] + gap.x;
    });
    rows.push({ top, right: x - gap.x, crossing: crossing[row] });
    width = Math.max(width, x - gap.x);
    top += Math.max(...cells.map(cell => cell.y + cell.h)) - first;
  });
  return { columns, rows, width: width + left, height: Math.max(0, top), left, gap };
}

// The first layers of rows that are as even as the order allows.
function breaks(widths, gap, count) {
  const all = widths.reduce((sum, w) => sum + w + gap, 0);
  let low = Math.max(0, ...widths) + gap;
  let high = all;
  const within = limit => {
    const starts = [0];
    let x = 0;
    widths.forEach((w, at) => {
      if (x > 0 && x + w + gap > limit) {
        starts.push(at);
        x = 0;
      }
      x += w + gap;
    });
    return starts;
  };
  while (high - low > 1) {
    const limit = (low + high) / 2;
    if (within(limit).length <= count) {
      high = limit;
    } else {
      low = limit;
    }
  }
  return widths.length === 0 ? [] : within(high);
}

/** Where the items stand, and how the lines between them run. */
export function place(folded, ways, stretch) {
  const at = new Map();
  for (const [cell, { x, y, w }] of folded.columns) {
    if (!cell.dummy) {
      at.set(cell.id, { x, y, w: stretch ? w : cell.w });
    }
  }
  const routes = new Map(ways.map(way => [way.link, route(way, folded, at)]));
  return { width: folded.width, height: folded.height, at, routes };
}

function route(way, folded, at) {
  const points = [];
  let before = null;
  for (const cell of way.path) {
    const column = folded.columns.get(cell);
    const y = column.y + (cell.dummy ? 3 : cell === way.from ? way.fromY : way.toY);
    if (before && before.row !== column.row) {
      points.push(...around(way, folded, before, column, y));
    }
    if (cell === way.from) {
      points.push([at.get(cell.id).x + at.get(cell.id).w, y], [column.x + column.w, y]);
    } else if (cell === way.to) {
      points.push([column.x, y]);
    } else {
      points.push([column.x, y], [column.x + column.w, y]);
    }
    before = { ...column, end: y };
  }
  return way.backwards ? points.reverse() : points;
}

// From the end of a row to the beginning of the next: each line has a lane of its own, and none crosses a box.
function around(way, { rows, left, gap }, before, column, y) {
  const next = rows[column.row];
  const index = next.crossing.indexOf(way);
  const share = (index + 1) / (next.crossing.length + 1);
  const right = rows[before.row].right + gap.x * share;
  const middle = next.top - gap.y / 2 - (index + 0.5) * lane;
  const start = left - gap.x * share;
  return [[right, before.end], [right, middle], [start, middle], [start, y]];
}
