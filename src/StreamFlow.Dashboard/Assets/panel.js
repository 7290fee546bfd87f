// What is known of one node of the topology.

import { h } from './dom.js';
import { get, path } from './api.js';
import { kindOf, storeKind } from './graph.js';
import { bytes, count, duration, percent, rate } from './format.js';
import { address } from './route.js';
import { facts, inline, refusal, table, time } from './parts.js';

const everyMs = 2_000;

export class Panel {
  constructor(state, close) {
    Object.assign(this, { state, dismiss: close, records: null, node: null, turn: 0 });
  }

  close() {
    clearTimeout(this.timer);
    this.turn++;
    this.node = null;
  }

  draw(node) {
    if (node.id !== this.node) {
      this.close();
      this.node = node.id;
      this.records = null;
      if (this.state.recordsShown && hasRecords(node)) {
        this.read();
      }
    }
    const { model } = this.state;
    const figures = model.figures?.nodes?.[node.id];
    return h('aside', { class: 'panel', key: 'panel', 'aria-label': `${node.kind} ${node.name}` },
      h('header', null,
        h('div', null, h('p', { class: 'label' }, kindOf(node) === node.kind ? node.kind : `${node.kind} · ${kindOf(node)}`), h('h2', null, node.name)),
        h('button', { type: 'button', class: 'plain', 'aria-label': 'Close the panel', onclick: this.dismiss }, '✕')),
      this.problems(node),
      figures && this.figures(figures),
      facts(
        ['Name', naming(node)],
        node.topic && ['Topic', this.topic(node.topic)],
        node.subtopology !== null && ['Sub-topology', String(node.subtopology)],
        figures?.lastError && ['Last error', figures.lastError]),
      node.store && this.store(node),
      node.kind === 'source' && this.partitions(node),
      this.lastRecords(node),
      node.describe.length > 0 && h('section', null, h('h3', null, 'Described as'), h('pre', { tabindex: 0, 'aria-label': 'Its lines of Describe()' }, node.describe.join('\n'))));
  }

  problems(node) {
    return this.state.model.overview.problems.filter(problem => problem.node === node.id)
      .map(problem => h('p', { class: `remark ${problem.severity === 'error' ? 'bad' : 'warn'}` }, h('strong', null, problem.text), ' ', problem.meaning, ' ', problem.remedy));
  }

  figures({ perSecond, total, lag, late, dropped, errors, p99Seconds }) {
    const of = (name, value, text) => value !== null && value !== undefined && h('div', { key: name }, h('span', { class: 'label' }, name), h('b', null, text));
    const some = (name, value) => Number(value ?? 0) > 0 && of(name, value, count(value));
    return h('div', { class: 'numbers' },
      of('Rate', perSecond, rate(perSecond)), of('Total', total, count(total)), of('Lag', lag, count(lag)),
      of('p99', p99Seconds, duration(p99Seconds)), some('Dropped', dropped), some('of them late', late), some('of them failed', errors));
  }

  topic(topic) {
    return this.state.hasBroker ? h('a', { href: address({ view: 'broker', item: topic }) }, topic) : topic;
  }

  store(node) {
    const known = this.state.model.stores?.stores?.find(store => store.name === node.name);
    return h('section', null, h('h3', null, 'Store'), facts(
      ['Kind', storeKind(node.store.kind)], ['Kept', node.store.persistent ? 'on disk' : 'in memory'],
      known && ['Entries', count(known.entries)], known?.diskBytes != null && ['On disk', bytes(known.diskBytes)], known?.cacheBytes != null && ['In cache', bytes(known.cacheBytes)],
      known?.hitRatio != null && ['Hit ratio', percent(known.hitRatio)], known?.changelogLag != null && ['Changelog lag', count(known.changelogLag)],
      node.store.changelogTopic && ['Changelog', this.topic(node.store.changelogTopic)],
      known && ['Look in', h('a', { href: address({ view: 'stores', item: node.name }) }, 'query this store')]));
  }

  partitions(node) {
    const rows = (this.state.model.tasks?.tasks ?? []).filter(task => task.subtopology === node.subtopology)
      .flatMap(task => task.inputs.filter(input => !node.topic || input.topic === node.topic).map(input => ({ ...input, task: task.id })))
      .sort((a, b) => Number(b.lag ?? 0) - Number(a.lag ?? 0) || a.partition - b.partition);
    return rows.length > 0 && h('section', null, h('h3', null, 'Partitions'), table('Partitions of the source', [
      { name: 'Partition', head: true, cell: row => `${node.topic ? '' : `${row.topic}-`}${row.partition}` },
      { name: 'Lag', end: true, cell: row => count(row.lag) },
      { name: 'Position', end: true, cell: row => count(row.position) },
      { name: 'Task', end: true, cell: row => h('a', { href: address({ view: 'tasks', item: row.task }) }, row.task) },
    ], rows, { key: row => `${row.topic}-${row.partition}` }));
  }

  lastRecords(node) {
    if (!hasRecords(node)) {
      return null;
    }
    const { records, state } = this;
    return h('section', null, h('h3', null, 'Last records'),
      !state.recordsShown || records?.enabled === false
        ? h('p', { class: 'quiet' }, 'Not shown: they hold what your users sent. ShowRecords = true in the options of the page shows a sample.')
        : records instanceof Error ? refusal(records)
          : records === null ? h('p', { class: 'quiet' }, 'Reading …')
            : records.records.length === 0 ? h('p', { class: 'quiet' }, 'None.')
              : h('ol', { class: 'records' }, records.records.map(record => h('li', { key: `${record.topic} ${record.partition} ${record.offset} ${record.at}` },
                h('div', { class: 'row' }, inline(record.key), h('span', { class: 'quiet' }, record.offset === null ? null : `${record.topic}-${record.partition} @ ${record.offset}`), h('span', { class: 'space' }), time(record.at)),
                inline(record.value)))));
  }

  async read() {
    const { node, turn } = this;
    let { records } = this;
    try {
      records = document.hidden ? records : await get(path('applications', this.state.model.application, 'nodes', node, 'records'));
    } catch (error) {
      records = error;
    }
    // Another node may be shown by now, or this one anew, with a round of reads of its own.
    if (this.turn === turn) {
      this.records = records;
      this.timer = setTimeout(() => this.read(), everyMs);
    }
  }
}

// What operators hand on is counted nowhere and kept nowhere.
function hasRecords(node) {
  return node.kind !== 'store' && node.kind !== 'operator';
}

function naming(node) {
  return node.kind === 'topic' ? (node.isInternal ? 'internal to the application' : 'given in code') : node.isNamed ? 'given in code' : 'generated';
}
