// Settings: what is in force, and where it comes from.

import { h, render } from './dom.js';
import { get, path } from './api.js';
import { facts, loading, refusal, table } from './parts.js';

export function open(host, state) {
  return new Settings(host, state);
}

class Settings {
  constructor(host, state) {
    Object.assign(this, { host, state, answer: null, sought: '', reads: 0, isOpen: true });
    this.read();
  }

  // Read again when the application answers again: it may be started with others.
  update(parts) {
    if (parts === null) {
      this.read();
    }
    this.draw();
  }

  close() {
    this.isOpen = false;
  }

  async read() {
    const turn = ++this.reads;
    let answer;
    try {
      answer = await get(path('applications', this.state.model.application, 'settings'));
    } catch (error) {
      answer = this.answer ?? error;
    }
    if (this.isOpen && this.reads === turn) {
      this.answer = answer;
      this.draw();
    }
  }

  draw() {
    const { answer } = this;
    if (answer === null || answer instanceof Error) {
      render(this.host, answer === null ? loading('the settings') : refusal(answer));
      return;
    }
    const fits = one => `${one.name} ${one.value}`.toLowerCase().includes(this.sought);
    render(this.host,
      h('div', { class: 'toolbar', key: 'toolbar' }, h('input', { type: 'search', placeholder: 'Search   /', 'aria-label': 'Search the settings', oninput: event => { this.sought = event.target.value.toLowerCase(); this.draw(); } })),
      h('section', { key: 'options' }, h('div', { class: 'head' }, h('h2', null, 'Options')), list('Options', answer.options.filter(fits))),
      h('section', { key: 'client' }, h('div', { class: 'head' }, h('h2', null, 'Kafka client')), list('Settings of the Kafka client', answer.client.filter(fits))),
      h('div', { class: 'columns', key: 'about' },
        h('section', { class: 'card' }, h('h3', null, 'Versions'), facts(...Object.entries(answer.versions), ['licence', answer.license])),
        h('section', { class: 'card' }, h('h3', null, 'Describe()'), h('pre', { tabindex: 0, 'aria-label': 'Describe()' }, answer.describe))));
  }
}

function list(caption, all) {
  return table(caption, [
    { name: 'Name', head: true, cell: one => h('code', null, one.name) },
    { name: 'Value', wide: true, cell: one => one.isSecret ? h('span', { title: 'A secret' }, '••••••') : one.value === null || one.value === '' ? h('span', { class: 'null' }, 'not set') : h('code', null, one.value) },
    { name: 'From', cell: one => h('span', { class: one.source === 'default' ? 'quiet' : null }, one.source) },
    { name: 'Default', cell: one => one.source === 'default' || !one.default ? h('span', { class: 'null' }, '–') : h('code', { class: 'quiet' }, one.default) },
  ], all, { key: one => one.name, empty: 'None.' });
}
