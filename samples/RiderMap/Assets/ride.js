// A rider between two positions: along the streets, in the time that two pushes are apart.

/** One rider on the page. */
export class Ride {
  constructor(id) {
    this.id = id;
    this.carries = null;
    this.shown = null; // where it is drawn
    this.last = null; // where it was last heard of
    this.time = 0;
    this.way = []; // corners ahead
    this.speed = 0; // metres a millisecond
    this.drawn = 0;
  }

  /** A position has come: it is where the way leads now. */
  push(position, time, now) {
    const pause = this.time ? Math.min(Math.max(time - this.time, 200), 8000) : 0;
    const before = this.last;
    this.last = position;
    this.time = time;
    if (!before || !pause) {
      this.shown = { x: position.x, y: position.y };
      this.way = [];
      this.drawn = now;
      return;
    }

    // The rider came here by the street of this position; the corner is where that meets the street of the last one.
    if (before.x !== position.x && before.y !== position.y) {
      this.way.push(position.eastWest ? { x: before.x, y: position.y } : { x: position.x, y: before.y });
    }
    this.way.push({ x: position.x, y: position.y });

    // A little slower than the ride was, so that nobody stands still while the next position is on its way.
    this.speed = this.left() / (pause * 1.08);
  }

  /** Where the rider is now. */
  move(now) {
    let metres = this.speed * Math.min(now - this.drawn, 1000);
    this.drawn = now;
    while (metres > 0 && this.way.length > 0) {
      const next = this.way[0];
      const far = distance(this.shown, next);
      if (far > metres) {
        this.shown.x += (next.x - this.shown.x) * metres / far;
        this.shown.y += (next.y - this.shown.y) * metres / far;
        return this.shown;
      }
      this.shown.x = next.x;
      this.shown.y = next.y;
      this.way.shift();
      metres -= far;
    }
    return this.shown;
  }

  left() {
    let sum = 0, from = this.shown;
    for (const corner of this.way) {
      sum += distance(from, corner);
      from = corner;
    }
    return sum;
  }
}

function distance(from, to) {
  return Math.hypot(to.x - from.x, to.y - from.y);
}
