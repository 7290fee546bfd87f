// Stores: how large they are, and what is in them.

import { h, render } from './dom.js';
import { get, path } from './api.js';
import { bytes, count, percent, plural, short } from './format.js';
import { address, go } from './route.js';
import { copy, facts, indented, inline, isJson, isNull, loading, refusal, table, time } from './parts.js';
import { storeKind } from './graph.js';

// What a query takes: [name in the request, label, type, hint].
const key = (name, label, hint) => [name, label, 'text', hint];
const moment = (name, label) => [name, label, 'datetime-local', ''];
const queries = {
  key: ['Key', [key('key', 'Key', 'one key')]],
  range: ['Range', [key('from', 'From', 'first'), key('to', 'To', 'last')]],
  prefix: ['Prefix', [key('prefix', 'Prefix', 'begins with')]],
  window: ['Window', [key('key', 'Key', 'all keys'), moment('timeFrom', 'Starts from'), moment('timeTo', 'to')]],
  session: ['Session', [key('key', 'Key', 'all keys'), moment('timeFrom', 'Active from'), moment('timeTo', 'to')]],
  asOf: ['As of', [key('key', 'Key', 'one key'), moment('at', 'As of')]],
  all: ['All', []],
};
const backwards = ['range', 'prefix', 'window', 'session', 'all'];

export function open(host, state) {
  return new Stores(host, state);
}

class Stores {
  constructor(host, state) {
    Object.assign(this, { host, state, answer: null, asked: null, pages: [] });
  }

  update() {
    const { model, route } = this.state;
    const all = model.stores?.stores ?? [];
    const chosen = all.find(store => store.name === route.item);
    const asked = chosen && route.query.query ? JSON.stringify([route.item, route.query]) : null;
    if (asked !== this.asked) {
      this.asked = asked;
      this.answer = null;
      if (asked) {
        this.ask();
      }
    }
    render(this.host,
      h('section', { key: 'list' },
        h('div', { class: 'head' }, h('h2', null, 'Stores'), h('span', { class: 'quiet' }, 'of this instance; they hold what is committed')),
        list(all, chosen)),
      route.item !== null && !chosen && h('p', { class: 'empty' }, `There is no store '${route.item}' here.`),
      chosen && this.detail(chosen));
  }

  close() {
    this.asked = null;
  }

  escape() {
    if (this.state.route.item !== null) {
      go({ view: 'stores' });
    }
  }

  detail(store) {
    return h('section', { class: 'card', key: `store ${store.name}`, 'aria-label': `Store ${store.name}` },
      h('div', { class: 'head' }, h('h2', null, store.name), h('span', { class: 'quiet' }, `${storeKind(store.kind)} · ${store.keyType} → ${store.valueType}`), h('span', { class: 'space' }),
        h('button', { type: 'button', class: 'plain', 'aria-label': 'Close', onclick: () => go({ view: 'stores' }) }, '✕')),
      this.form(store),
      this.result(store),
      committed(store));
  }

  form(store) {
    const { query } = this.state.route;
    const offered = store.queries.filter(one => queries[one]);
    if (offered.length === 0) {
      return h('p', { class: 'quiet' }, 'Stores of this kind cannot be queried.');
    }
    const kind = offered.includes(this.kind) ? this.kind : offered.includes(query.query) ? query.query : offered[0];
    const fields = queries[kind][1];
    return h('form', { class: 'form', 'aria-label': 'Query', onsubmit: event => this.submit(event, kind) },
      h('div', { class: 'choice', role: 'group', 'aria-label': 'Kind of query' }, offered.map(one =>
        h('button', { type: 'button', key: one, 'aria-pressed': String(one === kind), onclick: () => { this.kind = one; this.update(); } }, queries[one][0]))),
      fields.map(([name, label, type, hint]) => h('label', { key: `${kind} ${name}` }, h('span', { class: 'label' }, label),
        h('input', { name, type, step: type === 'text' ? null : '0.001', placeholder: hint, autocomplete: 'off', spellcheck: 'false', value: written(query[name], type) }))),
      backwards.includes(kind) && h('label', { class: 'check', key: 'reverse' }, h('input', { type: 'checkbox', name: 'reverse', checked: query.reverse === 'true' }), ' last first'),
      h('button', { type: 'submit', class: 'primary', key: 'submit' }, 'Query'));
  }

  submit(event, kind) {
    event.preventDefault();
    const query = { query: kind };
    for (const input of event.target.querySelectorAll('input')) {
      if (input.type === 'checkbox') {
        query[input.name] = input.checked ? 'true' : '';
      } else {
        query[input.name] = input.value && input.type === 'datetime-local' ? new Date(input.value).toISOString() : input.value;
      }
    }
    this.asked = null;
    this.pages = [];
    go({ view: 'stores', item: this.state.route.item, query });
    this.update();
  }

  async ask() {
    const asked = this.asked;
    const { item, query } = this.state.route;
    try {
      const answer = await get(path('applications', this.state.model.application, 'stores', item, 'rows'), { limit: 50, ...query });
      this.answered(asked, answer);
    } catch (error) {
      this.answered(asked, error);
    }
  }

  answered(asked, answer) {
    if (this.asked === asked) {
      this.answer = answer;
      this.update();
    }
  }

  result(store) {
    const { answer } = this;
    if (!this.asked || answer === null) {
      return this.asked ? loading('the store') : h('p', { class: 'quiet' }, `Keys are written as text, and read as ${store.keyType}. An end that is left open is open.`);
    }
    if (answer instanceof Error) {
      return refusal(answer);
    }
    const windowed = answer.rows.some(row => row.windowStart !== null);
    return h('div', { class: 'result' },
      h('div', { class: 'head' },
        h('span', { role: 'status' }, `${plural(answer.rows.length, 'row')}${answer.nextPage ? ', and there are more' : ''}`),
        h('span', { class: 'quiet' }, `${answer.isolation}, at `, time(answer.at), answer.complete ? '' : ' · not all partitions are here'),
        h('span', { class: 'space' }),
        h('button', { type: 'button', onclick: () => copy(asText(answer.rows)), disabled: answer.rows.length === 0 }, 'Copy as JSON'),
        h('button', { type: 'button', onclick: () => this.turn(this.pages.pop()), disabled: this.pages.length === 0 }, 'Back'),
        h('button', { type: 'button', onclick: () => { this.pages.push(this.state.route.query.page ?? ''); this.turn(answer.nextPage); }, disabled: !answer.nextPage }, 'More')),
      table(`Rows of ${store.name}`, [
        { name: 'Key', head: true, cell: row => inline(row.key) },
        windowed && { name: 'From', cell: row => time(row.windowStart) },
        windowed && { name: 'To', cell: row => time(row.windowEnd) },
        { name: 'Value', wide: true, cell: row => inline(row.value) },
        { name: 'Timestamp', end: true, cell: row => time(row.timestamp) },
      ].filter(Boolean), answer.rows, { empty: 'No row fits.' }));
  }

  turn(page) {
    const { item, query } = this.state.route;
    go({ view: 'stores', item, query: { ...query, page } });
  }
}

function list(stores, chosen) {
  return table('Stores', [
    { name: 'Store', head: true, cell: store => h('a', { href: address({ view: 'stores', item: store.name }) }, store.name) },
    { name: 'Kind', cell: store => `${storeKind(store.kind)} · ${store.persistent ? 'disk' : 'memory'}` },
    { name: 'Entries', end: true, hint: 'An estimate where the store is on disk', cell: store => short(store.entries) },
    { name: 'On disk', end: true, cell: store => bytes(store.diskBytes) },
    { name: 'In cache', end: true, cell: store => bytes(store.cacheBytes) },
    { name: 'Hit ratio', end: true, cell: store => percent(store.hitRatio) },
    { name: 'Changelog lag', end: true, cell: store => count(store.changelogLag) },
    { name: 'Partitions', cell: store => store.partitions.join(', ') || '–' },
  ], stores, { key: store => store.name, selected: store => store === chosen, onrow: store => go({ view: 'stores', item: store.name }), empty: 'This topology keeps nothing: it has no stores.' });
}

function committed(store) {
  return store.committedUpTo.length > 0 && h('details', { key: 'committed' }, h('summary', null, 'Committed up to'),
    facts(...store.committedUpTo.map(one => [`Partition ${one.partition}`, one.positions.map(at => `${at.topic}-${at.partition} @ ${count(at.offset)}`).join(', ') || '–'])));
}

// What the address says of a moment is ISO 8601; the field wants the reader's own time.
function written(value, type) {
  if (!value || type === 'text' || Number.isNaN(Date.parse(value))) {
    return value ?? '';
  }
  const at = new Date(value);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 23);
}

// Keys and values go in as they are written: read as the browser's numbers, some were others.
function asText(rows) {
  const verbatim = text => isNull(text) ? 'null' : text.json && isJson(text.json) ? text.json : JSON.stringify(text.text ?? text.hex);
  const members = row => Object.entries(row).map(([name, part]) => `${JSON.stringify(name)}:${name === 'key' || name === 'value' ? verbatim(part) : JSON.stringify(part)}`);
  return indented(`[${rows.map(row => `{${members(row)}}`)}]`);
}
