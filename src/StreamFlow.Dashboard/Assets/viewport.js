// Which part of a picture is seen: drag and wheel, two fingers, buttons, and fitting all of it in.

const least = 0.2;
const most = 3;
const legible = { from: 0.45, to: 1.25 };
const margin = 14;
const dragAfter = 4;

export class Viewport {
  /** Calls resized(room) when there is more or less room than before; covered() is how much of it something else covers. */
  constructor(svg, group, resized, covered) {
    Object.assign(this, { svg, group, covered, x: 0, y: 0, scale: 1, moved: false, pointers: new Map() });
    svg.addEventListener('wheel', event => this.wheel(event), { passive: false });
    svg.addEventListener('pointerdown', event => this.down(event));
    svg.addEventListener('pointermove', event => this.move(event));
    svg.addEventListener('pointerup', event => this.up(event));
    svg.addEventListener('pointercancel', event => this.up(event));
    // A drag that ends on a node is no click on it.
    svg.addEventListener('click', event => {
      if (this.dragged) {
        event.stopPropagation();
        this.dragged = false;
      }
    }, true);
    this.watch = new ResizeObserver(() => resized(this.room()));
    this.watch.observe(svg);
  }

  close() {
    this.watch.disconnect();
  }

  /** How large a picture may be to be seen as a whole. */
  room() {
    const { width, height } = this.seen();
    return { width: width - 2 * margin, height: height - 2 * margin, most: legible.to };
  }

  /** Shows all of the picture, or from its beginning where all would be too small to read. */
  fit(size = this.size) {
    this.size = size;
    this.moved = false;
    const { width, height } = this.seen();
    if (!size || width === 0) {
      return;
    }
    const whole = Math.min((width - 2 * margin) / size.width, (height - 2 * margin) / size.height);
    this.scale = Math.min(legible.to, Math.max(legible.from, whole));
    this.x = Math.max(margin, (width - size.width * this.scale) / 2);
    this.y = Math.max(margin, (height - size.height * this.scale) / 2);
    this.apply();
  }

  /** Zooms around a point of the window, or around the middle. */
  zoom(factor, at = null) {
    const { left, top, width, height } = this.seen();
    const x = at ? at.clientX - left : width / 2;
    const y = at ? at.clientY - top : height / 2;
    const scale = Math.min(most, Math.max(least, this.scale * factor));
    this.x = x - (x - this.x) * (scale / this.scale);
    this.y = y - (y - this.y) * (scale / this.scale);
    this.scale = scale;
    this.touch();
  }

  /** Moves as far as it takes to have a box in sight. */
  reveal(box) {
    const { width, height } = this.seen();
    const free = width - this.covered();
    const near = (at, length, from, size) => {
      const start = from + at * this.scale;
      const end = start + length * this.scale;
      return start < margin ? margin - start : end > size - margin ? size - margin - end : 0;
    };
    const dx = near(box.x, box.w, this.x, free);
    const dy = near(box.y, box.h, this.y, height);
    this.x += dx;
    this.y += dy;
    this.apply();
  }

  wheel(event) {
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.0015)), event);
  }

  down(event) {
    this.dragged = false;
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY, from: [event.clientX, event.clientY] });
  }

  move(event) {
    const pointer = this.pointers.get(event.pointerId);
    if (!pointer || (event.pointerType === 'mouse' && event.buttons === 0)) {
      this.pointers.delete(event.pointerId);
      return;
    }
    if (!this.dragged && Math.hypot(event.clientX - pointer.from[0], event.clientY - pointer.from[1]) < dragAfter) {
      return;
    }
    if (!this.dragged) {
      this.svg.setPointerCapture(event.pointerId);
      this.dragged = true;
    }
    const others = [...this.pointers.values()].filter(one => one !== pointer);
    if (others.length > 0) {
      const apart = (x, y) => Math.hypot(x - others[0].x, y - others[0].y) || 1;
      this.zoom(apart(event.clientX, event.clientY) / apart(pointer.x, pointer.y), { clientX: others[0].x, clientY: others[0].y });
    } else {
      this.x += event.clientX - pointer.x;
      this.y += event.clientY - pointer.y;
      this.touch();
    }
    Object.assign(pointer, { x: event.clientX, y: event.clientY });
  }

  up(event) {
    this.pointers.delete(event.pointerId);
  }

  seen() {
    return this.svg.getBoundingClientRect();
  }

  touch() {
    this.moved = true;
    this.apply();
  }

  apply() {
    this.group.setAttribute('transform', `translate(${this.x.toFixed(1)} ${this.y.toFixed(1)}) scale(${this.scale.toFixed(4)})`);
    this.svg.classList.toggle('far', this.scale < 0.6);
  }
}
