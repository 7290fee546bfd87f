// The broker: its topics and what is in them, its groups and how far they are, and transactions that stay open.

import { h, render } from './dom.js';
import { get, path } from './api.js';
import { bytes, count, duration, plural, rate, short } from './format.js';
import { address, go } from './route.js';
import { facts, inline, loading, refusal, table, tag, time, value } from './parts.js';

const everyMs = 2_000;
const longTransaction = 1;

export function open(host, state) {
  return new Broker(host, state);
}

class Broker {
  constructor(host, state) {
    Object.assign(this, { host, state, broker: null, records: null, asked: null, opened: null, form: 'text', sought: '', isOpen: true });
    this.read();
  }

  update() {
    const { item, query } = this.state.route;
    const asked = item === null ? null : JSON.stringify([item, query]);
    if (asked !== this.asked) {
      this.asked = asked;
      this.records = null;
      this.opened = null;
      if (asked) {
        this.browse();
      }
    }
    this.draw();
  }

  close() {
    clearTimeout(this.timer);
    this.isOpen = false;
  }

  escape() {
    if (this.state.route.item !== null) {
      go({ view: 'broker' });
    }
  }

  async read() {
    try {
      this.broker = document.hidden ? this.broker : await get('broker');
    } catch (error) {
      this.broker = error;
    }
    if (this.isOpen) {
      this.draw();
      this.timer = setTimeout(() => this.read(), everyMs);
    }
  }

  async browse() {
    const asked = this.asked;
    const { item, query } = this.state.route;
    let records;
    try {
      records = await get(`broker/${path('topics', item, 'records')}`, { limit: 50, ...query });
    } catch (error) {
      records = error;
    }
    if (this.isOpen && this.asked === asked) {
      this.records = records;
      this.draw();
    }
  }

  draw() {
    const { broker } = this;
    if (broker === null || broker instanceof Error) {
      render(this.host, broker === null ? loading('the broker') : refusal(broker));
      return;
    }
    const { item } = this.state.route;
    const topic = broker.topics.find(one => one.name === item);
    render(this.host,
      item !== null && (topic ? this.topic(topic) : h('p', { class: 'empty', key: 'none' }, `There is no topic '${item}'.`)),
      h('section', { key: 'topics' },
        h('div', { class: 'head' }, h('h2', null, plural(broker.topics.length, 'topic')),
          h('span', { class: 'quiet' }, `${broker.kind === 'embedded' ? 'on the embedded broker' : 'on Kafka'} at ${broker.bootstrapServers}`), h('span', { class: 'space' }),
          h('input', { type: 'search', placeholder: 'Search   /', 'aria-label': 'Search the topics', oninput: event => { this.sought = event.target.value.toLowerCase(); this.draw(); } })),
        topics(broker.topics.filter(one => one.name.toLowerCase().includes(this.sought)), topic)),
      h('section', { key: 'groups' }, h('div', { class: 'head' }, h('h2', null, plural(broker.groups.length, 'group'))), groups(broker.groups)),
      h('section', { key: 'transactions' }, h('div', { class: 'head' }, h('h2', null, 'Open transactions')), transactions(broker.transactions)));
  }

  topic(topic) {
    return h('section', { class: 'card', key: `topic ${topic.name}`, 'aria-label': `Topic ${topic.name}` },
      h('div', { class: 'head' }, h('h2', null, topic.name), h('span', { class: 'quiet' }, `${plural(topic.records, 'record')} in ${plural(topic.partitions.length, 'partition')}`), h('span', { class: 'space' }),
        h('button', { type: 'button', class: 'plain', 'aria-label': 'Close', onclick: () => go({ view: 'broker' }) }, '✕')),
      h('div', { class: 'browse' },
        table(`Partitions of ${topic.name}`, [
          { name: 'Partition', head: true, cell: row => h('a', { href: address({ view: 'broker', item: topic.name, query: { partition: row.partition } }) }, row.partition) },
          { name: 'Start', end: true, cell: row => count(row.start) }, { name: 'End', end: true, cell: row => count(row.end) }, { name: 'Size', end: true, cell: row => bytes(row.bytes) },
        ], topic.partitions, { key: row => row.partition, selected: row => String(row.partition) === this.state.route.query.partition }),
        h('div', null, this.filters(topic), this.found())));
  }

  filters(topic) {
    const { partition, offset, at, contains } = this.state.route.query;
    const field = (name, label, type, chosen, hint) => h('label', { key: name }, h('span', { class: 'label' }, label), h('input', { name, type, placeholder: hint, value: chosen ?? '', autocomplete: 'off', step: type === 'text' ? null : '0.001' }));
    return h('form', { class: 'form', 'aria-label': 'Browse', onsubmit: event => this.submit(event, topic) },
      h('label', { key: 'partition' }, h('span', { class: 'label' }, 'Partition'), h('select', { name: 'partition' },
        h('option', { value: '', selected: !partition }, 'all'), topic.partitions.map(one => h('option', { key: one.partition, value: one.partition, selected: String(one.partition) === partition }, one.partition)))),
      field('offset', 'From offset', 'text', /^\d*$/.test(offset ?? '') ? offset : '', 'the last'), field('at', 'or from', 'datetime-local', local(at), ''), field('contains', 'Containing', 'text', contains, 'any text'),
      h('button', { type: 'submit', class: 'primary', key: 'submit' }, 'Browse'));
  }

  submit(event, topic) {
    event.preventDefault();
    const query = {};
    for (const input of event.target.querySelectorAll('input, select')) {
      query[input.name] = input.value && input.type === 'datetime-local' ? new Date(input.value).toISOString() : input.value;
    }
    this.asked = null;
    go({ view: 'broker', item: topic.name, query });
    this.update();
  }

  found() {
    const { records } = this;
    if (records === null || records instanceof Error) {
      return records === null ? loading('records') : refusal(records);
    }
    const id = record => `${record.partition}-${record.offset}`;
    const opened = records.records.find(record => id(record) === this.opened);
    const open = record => { this.opened = id(record) === this.opened ? null : id(record); this.draw(); };
    return h('div', { class: 'result' },
      table('Records', [
        { name: 'Partition', end: true, cell: record => record.partition },
        { name: 'Offset', head: true, end: true, cell: record => h('button', { type: 'button', class: 'link', 'aria-expanded': String(record === opened), onclick: () => open(record) }, count(record.offset)) },
        { name: 'Timestamp', cell: record => time(record.timestamp) },
        { name: 'Key', cell: record => inline(record.key) },
        { name: 'Value', wide: true, cell: record => h('span', { class: 'oneline' }, inline(record.value)) },
      ], records.records, { key: id, selected: record => record === opened, onrow: open, empty: 'No record fits.' }),
      opened && this.record(opened),
      records.next && h('a', { class: 'further', href: address({ view: 'broker', item: this.state.route.item, query: { ...this.state.route.query, ...asQuery(records.next) } }) }, 'Further'));
  }

  record(record) {
    const choose = form => { this.form = form; this.draw(); };
    return h('div', { class: 'card detail', role: 'region', 'aria-label': `Record ${record.partition} at ${record.offset}` },
      value('Key', record.key, this.form, choose), value('Value', record.value, this.form, choose),
      record.headers?.length > 0 && [h('h3', null, 'Headers'), facts(...record.headers.map(header => [header.name, h('code', null, header.text ?? header.hex)]))]);
  }
}

function asQuery(next) {
  return typeof next === 'object' ? next : { page: next };
}

function local(value) {
  if (!value || Number.isNaN(Date.parse(value))) {
    return '';
  }
  const at = new Date(value);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 23);
}

function topics(all, chosen) {
  return table('Topics', [
    { name: 'Topic', head: true, cell: topic => [h('a', { href: address({ view: 'broker', item: topic.name }) }, topic.name), topic.isInternal && h('small', null, '  internal')] },
    { name: 'Partitions', end: true, cell: topic => topic.partitions.length },
    { name: 'Records', end: true, cell: topic => count(topic.records) },
    { name: 'Rate', end: true, cell: topic => rate(topic.perSecond) },
    { name: 'Size', end: true, cell: topic => bytes(topic.bytes) },
    { name: 'Kept', cell: topic => topic.retention ?? '–' },
  ], all, { key: topic => topic.name, selected: topic => topic === chosen, onrow: topic => go({ view: 'broker', item: topic.name }), empty: 'No topic fits.' });
}

function groups(all) {
  return all.length === 0 ? h('p', { class: 'empty' }, 'No consumer group yet.') : all.map(group => h('details', { class: 'card group', key: group.id, open: true },
    h('summary', null, h('strong', null, group.id), ' ', h('span', { class: 'quiet' }, `${String(group.state).toLowerCase()} · ${plural(group.members.length, 'member')} · lag ${short(group.lag)}`)),
    h('div', { class: 'columns' },
      table(`Members of ${group.id}`, [
        { name: 'Member', head: true, cell: member => h('span', { title: member.id }, member.clientId) }, { name: 'Host', cell: member => member.host },
        { name: 'Partitions', wide: true, cell: member => member.partitions.join(', ') || '–' },
      ], group.members, { key: member => member.id, empty: 'Nobody is in it now.' }),
      table(`Offsets of ${group.id}`, [
        { name: 'Partition', head: true, cell: row => `${row.topic}-${row.partition}` }, { name: 'Committed', end: true, cell: row => count(row.committed) },
        { name: 'End', end: true, cell: row => count(row.end) }, { name: 'Lag', end: true, cell: row => count(row.lag) },
      ], group.offsets, { key: row => `${row.topic}-${row.partition}`, empty: 'It has committed nothing.' }))));
}

function transactions(all) {
  return table('Open transactions', [
    { name: 'Id', head: true, cell: one => one.id }, { name: 'State', cell: one => one.state },
    { name: 'Open for', end: true, cell: one => Number(one.openSeconds) > longTransaction ? tag(duration(one.openSeconds), 'warn', '▲') : duration(one.openSeconds) },
    { name: 'Partitions', wide: true, cell: one => one.partitions.join(', ') },
  ], all, { key: one => one.id, empty: 'None is open for longer than a second.' });
}
