// The topology: a picture that says where records are, with a panel for the part that is chosen.

import { h, render } from './dom.js';
import { drawEdge, drawFrame, drawLabel, drawNode, size } from './graph.js';
import { layout } from './layout.js';
import { download } from './parts.js';
import { Panel } from './panel.js';
import { go } from './route.js';
import { picture } from './export.js';
import { Viewport } from './viewport.js';

const many = 40;

export function open(host, state) {
  return new Topology(host, state);
}

class Topology {
  constructor(host, state) {
    Object.assign(this, { host, state, collapsed: new Set(), sought: '', hovered: null, focused: null, tab: null, shown: null });
    this.panel = new Panel(state, () => this.closePanel());
    this.on = {
      open: id => go({ view: 'topology', item: id }), key: (event, id) => this.key(event, id), collapse: id => this.collapse(id),
      focus: id => this.point('focused', id), hover: id => this.point('hovered', id),
    };
  }

  update() {
    const { model, route } = this.state;
    if (model.topology !== this.known) {
      this.known = model.topology;
      this.collapsed = new Set([...this.collapsed].filter(id => model.topology.subtopologies.some(sub => sub.id === id)));
      this.arrange();
    }
    this.selected = model.topology.nodes.find(node => node.id === route.item) ?? null;
    if (!this.selected) {
      this.panel.close();
    }
    const panel = this.selected && this.panel.draw(this.selected);
    render(this.host,
      this.toolbar(),
      h('div', { class: 'canvas', key: 'canvas' }, this.svg(), panel));
    if (this.selected?.id !== this.shown) {
      this.shown = this.selected?.id;
      this.show(this.selected);
    }
  }

  arrange() {
    const { model } = this.state;
    const room = this.viewport?.room() ?? null;
    this.drawn = layout(model.topology, node => size(node, model.application), this.collapsed, room?.width > 0 ? room : null);
    this.viewport?.fit(this.drawn);
  }

  show(node) {
    if (!node) {
      return;
    }
    this.tab = node.id;
    if (this.collapsed.delete(node.subtopology)) {
      this.arrange();
      this.update();
    }
    // The panel has taken its room by the next frame.
    requestAnimationFrame(() => {
      this.viewport?.reveal(this.drawn.nodes.get(node.id));
      if (this.covered() === 0) {
        this.host.querySelector('.panel')?.scrollIntoView({ block: 'nearest' });
      }
    });
  }

  close() {
    this.viewport?.close();
    this.panel.close();
  }

  escape(event) {
    if (event.target.type === 'search' && this.sought) {
      this.sought = '';
      event.target.value = '';
      this.update();
    } else if (this.selected) {
      this.closePanel();
    }
  }

  closePanel() {
    const id = this.selected?.id;
    go({ view: 'topology' });
    this.element(id)?.focus({ preventScroll: true });
  }

  toolbar() {
    const { nodes } = this.known;
    const found = this.found();
    return h('div', { class: 'toolbar', key: 'toolbar' },
      h('input', {
        type: 'search', 'aria-label': 'Search the nodes', placeholder: 'Search   /', oninput: event => { this.sought = event.target.value; this.update(); },
        onkeydown: event => { if (event.key === 'Enter') { this.next(found); } },
      }),
      h('span', { class: 'quiet', role: 'status' }, this.sought ? `${found.length} of ${nodes.length}` : `${nodes.length} nodes`),
      h('span', { class: 'space' }),
      nodes.length > many && h('button', { type: 'button', onclick: () => this.collapseAll() }, this.collapsed.size ? 'Expand all' : 'Collapse all'),
      h('div', { class: 'choice', role: 'group', 'aria-label': 'Zoom' },
        h('button', { type: 'button', 'aria-label': 'Zoom out', onclick: () => this.viewport.zoom(1 / 1.25) }, '−'),
        h('button', { type: 'button', 'aria-label': 'Zoom in', onclick: () => this.viewport.zoom(1.25) }, '+'),
        h('button', { type: 'button', onclick: () => this.viewport.fit() }, 'Fit')),
      h('div', { class: 'choice', role: 'group', 'aria-label': 'Export' },
        h('button', { type: 'button', 'aria-label': 'Export as SVG', onclick: () => this.exportSvg() }, 'SVG'),
        h('button', { type: 'button', 'aria-label': 'Export as Mermaid', onclick: () => this.exportMermaid() }, 'Mermaid')));
  }

  found() {
    const sought = this.sought.toLowerCase();
    // What is called so comes before what has to do with it.
    const rank = node => [node.name, node.type ?? '', node.topic ?? ''].findIndex(text => text.toLowerCase().includes(sought));
    return sought === '' ? [] : this.known.nodes.filter(node => rank(node) >= 0).sort((a, b) => rank(a) - rank(b));
  }

  next(found) {
    if (found.length > 0) {
      const at = found.findIndex(node => node.id === this.selected?.id);
      go({ view: 'topology', item: found[(at + 1) % found.length].id });
    }
  }

  svg() {
    return h('svg', {
      class: 'graph', role: 'group', 'aria-label': 'Topology; arrows move along it, Enter opens a node', key: 'graph', ref: svg => this.attach(svg),
    }, h('g', { class: 'all' }, this.frames(), this.edges(), this.nodes(), this.labels()));
  }

  attach(svg) {
    this.viewport = new Viewport(svg, svg.firstChild, () => this.resized(), () => this.covered());
  }

  // Also when the picture is there for the first time, and has its room.
  resized() {
    if (this.viewport.moved) {
      return;
    }
    this.arrange();
    this.update();
    if (this.selected) {
      this.viewport.reveal(this.drawn.nodes.get(this.selected.id));
    }
  }

  // The panel lies over the picture, which therefore stays as it is when a node is opened; on small screens it is below.
  covered() {
    const panel = this.host.querySelector('.panel');
    return panel && getComputedStyle(panel).position === 'absolute' ? panel.offsetWidth : 0;
  }

  frames() {
    return this.drawn.frames.map(frame =>
      drawFrame(frame, this.known.nodes.filter(node => node.subtopology === frame.id && node.kind !== 'topic').length, this.on));
  }

  isHidden(node) {
    return node.kind !== 'topic' && this.collapsed.has(node.subtopology);
  }

  edges() {
    const rates = this.state.model.figures?.edges ?? {};
    const found = this.sought ? new Set(this.found().map(node => node.id)) : null;
    return this.drawn.edges.map(one => drawEdge(one, rates[one.edge.id]?.perSecond ?? null,
      { labelled: this.isLabelled(one.edge), dimmed: found !== null && !found.has(one.edge.from) && !found.has(one.edge.to) }, this.on));
  }

  labels() {
    const rates = this.state.model.figures?.edges ?? {};
    return this.drawn.edges
      .filter(one => this.isLabelled(one.edge) && rates[one.edge.id]?.perSecond != null)
      .map(one => drawLabel(one, rates[one.edge.id].perSecond));
  }

  isLabelled(edge) {
    const ends = [edge.from, edge.to];
    return edge.id === this.hovered || ends.includes(this.focused) || ends.includes(this.selected?.id);
  }

  nodes() {
    const { model } = this.state;
    const figures = model.figures?.nodes ?? {};
    const tones = new Map();
    for (const { node, severity } of model.overview.problems) {
      if (node && severity !== 'info' && tones.get(node) !== 'bad') {
        tones.set(node, severity === 'error' ? 'bad' : 'warn');
      }
    }
    const highest = Math.max(0, ...Object.values(figures).map(one => Number(one.lag ?? 0)));
    const found = this.sought ? new Set(this.found().map(node => node.id)) : null;
    const shown = this.known.nodes.filter(node => !this.isHidden(node));
    const tab = shown.some(node => node.id === this.tab) ? this.tab : shown[0]?.id;
    return shown.map(node => drawNode(node, this.drawn.nodes.get(node.id), {
      figures: figures[node.id], application: model.application, selected: node.id === this.selected?.id, dimmed: found !== null && !found.has(node.id),
      tone: tones.get(node.id), tab: node.id === tab, most: highest,
    }, this.on));
  }

  point(what, id) {
    if (this[what] !== id) {
      this[what] = id;
      if (what === 'focused' && id) {
        this.tab = id;
      }
      this.update();
    }
  }

  collapse(id) {
    if (!this.collapsed.delete(id)) {
      this.collapsed.add(id);
    }
    this.arrange();
    this.update();
  }

  collapseAll() {
    this.collapsed = new Set(this.collapsed.size ? [] : this.known.subtopologies.map(sub => sub.id));
    this.arrange();
    this.update();
  }

  key(event, id) {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      this.on.open(id);
      return;
    }
    const to = { ArrowRight: () => this.along(id, 'from', 'to'), ArrowLeft: () => this.along(id, 'to', 'from'), ArrowDown: () => this.beside(id, 1), ArrowUp: () => this.beside(id, -1) }[event.key]?.();
    if (to) {
      event.preventDefault();
      this.element(to)?.focus({ preventScroll: true });
      this.viewport.reveal(this.drawn.nodes.get(to));
    }
  }

  // The nearest of those that a node is linked with on that side.
  along(id, own, other) {
    const at = this.drawn.nodes.get(id);
    return this.nearest(this.known.edges.filter(edge => edge[own] === id && edge.kind === 'records').map(edge => edge[other]),
      box => Math.abs(box.y + box.h / 2 - at.y - at.h / 2));
  }

  // The nearest above or below, first of all in the same column.
  beside(id, way) {
    const at = this.drawn.nodes.get(id);
    const ids = this.known.nodes.map(node => node.id).filter(one => (this.drawn.nodes.get(one).y - at.y) * way > 4);
    return this.nearest(ids, box => Math.abs(box.y - at.y) + 3 * Math.abs(box.x + box.w / 2 - at.x - at.w / 2));
  }

  nearest(ids, far) {
    const seen = ids.filter(id => !this.isHidden(this.known.nodes.find(node => node.id === id)));
    return seen.sort((a, b) => far(this.drawn.nodes.get(a)) - far(this.drawn.nodes.get(b)))[0];
  }

  element(id) {
    return [...this.host.querySelectorAll('[data-node]')].find(node => node.getAttribute('data-node') === id);
  }

  async exportSvg() {
    const svg = await picture(this.host.querySelector('svg.graph'), this.drawn);
    download(`${this.state.model.application}.svg`, 'image/svg+xml', svg);
  }

  exportMermaid() {
    download(`${this.state.model.application}.mmd`, 'text/plain', this.known.mermaid);
  }
}
