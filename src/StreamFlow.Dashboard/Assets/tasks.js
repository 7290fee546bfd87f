// Tasks: who has which, how far each is, and what moved when.

import { h, render } from './dom.js';
import { meter, shares } from './chart.js';
import { count, duration, plural, short } from './format.js';
import { address, go } from './route.js';
import { facts, table, tag, time } from './parts.js';

const states = {
  running: ['ok', '●', 'running'], restoring: ['note', '↻', 'restoring'], created: ['quiet', '◌', 'created'], paused: ['warn', '‖', 'paused'],
  failed: ['bad', '✕', 'failed'], closed: ['quiet', '■', 'closed'],
};
const heats = [0, 1, 100, 1_000, 10_000, 100_000];

export function open(host, state) {
  return new Tasks(host, state);
}

class Tasks {
  constructor(host, state) {
    Object.assign(this, { host, state });
  }

  update() {
    const { model, route } = this.state;
    const { instances = [], threads = [], tasks = [], rebalances = [] } = model.tasks ?? {};
    const sorted = [...tasks].sort((a, b) => a.subtopology - b.subtopology || a.partition - b.partition);
    const chosen = sorted.find(task => task.id === route.item);
    render(this.host,
      h('section', { key: 'matrix' },
        h('div', { class: 'head' }, h('h2', null, 'Who has what'), h('span', { class: 'quiet' }, `${plural(sorted.length, 'task')} on ${plural(instances.length, 'instance')}`), legend()),
        this.matrix(instances, threads, sorted)),
      chosen && this.detail(chosen),
      h('section', { key: 'tasks' }, h('div', { class: 'head' }, h('h2', null, 'Tasks')), this.list(sorted, chosen)),
      h('section', { key: 'threads' }, h('div', { class: 'head' }, h('h2', null, 'Threads'), h('span', { class: 'quiet' }, 'and what they spend their time on')), threadTable(threads)),
      h('section', { key: 'rebalances' }, h('div', { class: 'head' }, h('h2', null, 'Rebalances'), h('span', { class: 'quiet' }, 'newest first')), timeline(rebalances)));
  }

  escape() {
    if (this.state.route.item !== null) {
      go({ view: 'tasks' });
    }
  }

  matrix(instances, threads, tasks) {
    if (tasks.length === 0) {
      return h('p', { class: 'empty' }, 'No tasks yet: they come with the first rebalance, when the group has given out the partitions.');
    }
    const subs = [...new Set(tasks.map(task => task.subtopology))];
    const rows = instances.flatMap(instance => [...new Set([...instance.threads, ...tasks.filter(task => task.instance === instance.clientId).map(task => task.thread)])]
      .filter(Boolean).map((thread, at, all) => ({ instance, thread, first: at === 0, of: all.length })));
    return h('div', { class: 'scroll matrix', role: 'region', 'aria-label': 'Tasks by thread', tabindex: 0 }, h('table', null,
      h('caption', { class: 'unseen' }, 'Which thread has which task'),
      h('thead', null,
        h('tr', null, h('th', { scope: 'col', rowspan: 2 }, 'Instance'), h('th', { scope: 'col', rowspan: 2 }, 'Thread'),
          subs.map(sub => h('th', { key: sub, scope: 'colgroup', class: 'sub', colspan: tasks.filter(task => task.subtopology === sub).length }, `Sub-topology ${sub}`))),
        h('tr', null, tasks.map((task, at) => h('th', { key: task.id, scope: 'col', class: edge(tasks, at) }, task.partition)))),
      h('tbody', null, rows.map(({ instance, thread, first, of }) => h('tr', { key: `${instance.clientId} ${thread}` },
        first && h('th', { scope: 'rowgroup', rowspan: of, class: 'instance' }, h('span', null, instance.host), ' ', h('small', null, instance.isSelf ? 'this one' : instance.clientId)),
        h('th', { scope: 'row' }, thread),
        tasks.map((task, at) => h('td', { key: task.id, class: edge(tasks, at) }, task.instance === instance.clientId && task.thread === thread && this.cell(task))))))));
  }

  cell(task) {
    const [tone, sign, word] = states[task.state] ?? states.created;
    const standby = task.role === 'standby';
    const label = [`task ${task.id}`, task.role, word, task.lag !== null && `lag ${count(task.lag)}`, task.restore && `${count(task.restore.remaining)} to restore`].filter(Boolean).join(', ');
    return h('a', { class: `cell ${tone} ${standby ? 'standby' : `heat${heat(task.lag)}`}`, href: address({ view: 'tasks', item: task.id }), 'aria-label': label, title: label },
      h('span', { class: 'sign' }, standby ? '○' : sign),
      task.restore ? [meter(restored(task.restore)), h('small', null, short(task.restore.remaining))] : h('small', null, task.lag === null ? '' : short(task.lag)));
  }

  detail(task) {
    return h('section', { class: 'card', key: 'detail', 'aria-label': `Task ${task.id}` },
      h('div', { class: 'head' }, h('h2', null, `Task ${task.id}`), stateTag(task), h('span', { class: 'space' }),
        h('button', { type: 'button', class: 'plain', 'aria-label': 'Close', onclick: () => go({ view: 'tasks' }) }, '✕')),
      h('div', { class: 'columns' },
        facts(['Role', task.role], ['Thread', task.thread], ['Instance', task.instance], ['Processed', count(task.processed)], ['Last record', time(task.lastRecordAt)],
          ['Last commit', time(task.lastCommitAt)], ['Here since', time(task.movedAt)], task.restore && ['Restoring', restoring(task.restore)]),
        table(`Inputs of task ${task.id}`, [
          { name: 'Partition', head: true, cell: row => `${row.topic}-${row.partition}` },
          { name: 'Position', end: true, cell: row => count(row.position) },
          { name: 'End', end: true, cell: row => count(row.end) },
          { name: 'Lag', end: true, cell: row => count(row.lag) },
        ], task.inputs, { key: row => `${row.topic}-${row.partition}`, empty: 'Only its own instance knows where it is.' })));
  }

  list(tasks, chosen) {
    return table('Tasks', [
      { name: 'Task', head: true, cell: task => h('a', { href: address({ view: 'tasks', item: task.id }) }, task.id) },
      { name: 'State', cell: task => stateTag(task) },
      { name: 'Thread', cell: task => task.thread ?? '–' },
      { name: 'Lag', end: true, cell: task => h('span', { class: `heat heat${heat(task.lag)}` }, count(task.lag)) },
      { name: 'Processed', end: true, cell: task => count(task.processed) },
      { name: 'Last record', end: true, cell: task => time(task.lastRecordAt) },
      { name: 'Last commit', end: true, cell: task => time(task.lastCommitAt) },
    ], tasks, { key: task => task.id, selected: task => task === chosen, onrow: task => go({ view: 'tasks', item: task.id }), empty: 'No tasks yet.' });
  }
}

function stateTag(task) {
  const [tone, sign, word] = states[task.state] ?? states.created;
  return h('span', { class: 'row' }, tag(task.role === 'active' || task.role === 'global' ? word : `${task.role}, ${word}`, tone, sign),
    task.restore && [meter(restored(task.restore)), h('span', { class: 'quiet' }, restoring(task.restore))]);
}

function restored({ remaining, restored: done }) {
  return Number(done) / Math.max(1, Number(done) + Number(remaining));
}

function restoring({ remaining, secondsLeft }) {
  return `${plural(remaining, 'record')} left${secondsLeft === null ? '' : `, ${duration(secondsLeft)}`}`;
}

function edge(tasks, at) {
  return at === 0 || tasks[at - 1].subtopology !== tasks[at].subtopology ? 'sub' : null;
}

function heat(lag) {
  return lag === null || lag === undefined ? 0 : heats.filter(from => Number(lag) >= from).length - 1;
}

function legend() {
  return h('span', { class: 'legend' }, tag('active', 'ok', '●'), tag('standby', 'ok', '○'), tag('restoring', 'note', '↻'), tag('paused', 'warn', '‖'), tag('failed', 'bad', '✕'),
    h('span', { class: 'scale' }, 'lag 0', [0, 1, 2, 3, 4, 5].map(step => h('i', { key: step, class: `heat${step}` })), '100 k'));
}

function threadTable(threads) {
  return table('Threads of this instance', [
    { name: 'Thread', head: true, cell: thread => thread.name },
    { name: 'State', cell: thread => thread.stalled ? tag(typeof thread.stalled === 'string' ? thread.stalled : 'stalled', 'bad', '▲') : String(thread.state).toLowerCase() },
    { name: 'Last commit', end: true, cell: thread => thread.commitAgeSeconds === null ? '–' : `${duration(thread.commitAgeSeconds)} ago` },
    { name: 'Time spent', cell: thread => shares(Object.entries(thread.shares ?? {})) },
    { name: 'on', cell: thread => h('span', { class: 'quiet' }, Object.entries(thread.shares ?? {}).filter(([, share]) => share >= 0.005).map(([name, share]) => `${name} ${Math.round(share * 100)} %`).join(' · ')) },
  ], threads, { key: thread => `${thread.instance} ${thread.name}`, empty: 'No thread runs here.' });
}

function timeline(rebalances) {
  if (rebalances.length === 0) {
    return h('p', { class: 'empty' }, 'None since this instance runs.');
  }
  const longest = Math.max(...rebalances.map(one => one.pauseSeconds ?? 0), 0.001);
  return h('ol', { class: 'timeline' }, rebalances.map(one => h('li', { key: `${one.at} ${one.thread}` },
    time(one.at), h('span', { class: 'who' }, one.thread),
    h('span', { class: 'what' }, moves('+', 'ok', 'came', one.assigned), moves('−', 'warn', 'left', one.revoked), moves('✕', 'bad', 'lost', one.lost)),
    h('span', { class: 'pause' }, one.pauseSeconds === null ? h('span', { class: 'quiet' }, 'pause not known') : [meter(one.pauseSeconds / longest, one.pauseSeconds > 1 ? 'warn' : ''), `paused ${duration(one.pauseSeconds)}`]))));
}

function moves(sign, tone, word, tasks) {
  return tasks?.length > 0 && tag(`${word} ${tasks.join(', ')}`, tone, sign);
}
