// What is always there: which application, does it run, does it keep up, what is wrong and where.

import { h } from './dom.js';
import { spark } from './chart.js';
import { ago, clock, count, duration, plural, rate, short } from './format.js';
import { address } from './route.js';
import { tag, time } from './parts.js';

const phases = {
  starting: ['quiet', '◌'], restoring: ['note', '↻'], rebalancing: ['note', '⇄'], running: ['ok', '●'], stuck: ['bad', '▲'],
  disconnected: ['bad', '✕'], fenced: ['bad', '✕'], failed: ['bad', '✕'], stopped: ['quiet', '■'],
};
const severities = { error: ['bad', '✕', 'Error'], warning: ['warn', '▲', 'Warning'], info: ['note', 'i', 'Note'] };
const shownAtFirst = 2;

export const views = [['topology', 'Topology'], ['tasks', 'Tasks'], ['stores', 'Stores'], ['letters', 'Dead letters'], ['broker', 'Broker'], ['settings', 'Settings']];

/** The header; state is {applications, hasBroker, model, route, showAll, toggle}. */
export function header(state) {
  const { model } = state;
  const overview = model?.overview;
  return [
    h('div', { class: 'bar', key: 'bar' },
      h('a', { class: 'mark', href: address({ view: 'topology' }), 'aria-label': 'StreamFlow, to the topology' }, h('img', { src: 'assets/mark.svg', alt: '', width: 22, height: 22 })),
      chooser(state),
      phase(model),
      navigation(state),
      overview && h('div', { class: 'about' },
        h('span', { title: `Since ${clock(overview.startedAt)}` }, `up ${duration(overview.uptimeSeconds)}`),
        h('span', { title: 'Processing guarantee' }, guarantee(overview.guarantee)),
        h('span', { title: `StreamFlow ${overview.version}` }, overview.version.replace(/\+(.{7}).*/, '+$1')))),
    model?.link.state === 'lost' && lost(model),
    overview && h('section', { class: 'vitals', key: 'vitals', 'aria-label': 'Figures of the application' }, vitals(overview, model.history ?? {})),
    overview && problems(overview.problems, state),
  ];
}

function chooser({ applications, model, choose }) {
  if (applications.length < 2) {
    return h('h1', { title: 'Application' }, model?.application ?? 'StreamFlow');
  }
  return h('h1', null, h('select', { 'aria-label': 'Application', value: model?.application, onchange: event => choose(event.target.value) },
    applications.map(one => h('option', { key: one.id, value: one.id, selected: one.id === model?.application }, one.id))));
}

function phase(model) {
  if (!model) {
    return null;
  }
  if (model.link.state === 'lost') {
    return h('span', { class: 'phase bad' }, h('span', { 'aria-hidden': 'true' }, '✕'), 'no answer');
  }
  const word = model.overview?.phase;
  const [tone, sign] = phases[word] ?? ['quiet', '◌'];
  return h('span', { class: `phase ${tone}`, title: model.overview && `State ${model.overview.state}` }, h('span', { 'aria-hidden': 'true' }, sign), word ?? 'connecting');
}

function navigation({ route, hasBroker, model }) {
  const letters = Number(model?.overview?.deadLettered ?? 0);
  return h('nav', { 'aria-label': 'Views' }, views.filter(([view]) => view !== 'broker' || hasBroker).map(([view, name]) =>
    h('a', { key: view, href: address({ view }), 'aria-current': route.view === view ? 'page' : null },
      name, view === 'letters' && letters > 0 && h('span', { class: 'bubble' }, short(letters)))));
}

function guarantee(name) {
  return String(name ?? '').replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll('_', ' ').toLowerCase();
}

function lost(model) {
  return h('p', { class: 'lost', key: 'lost', role: 'alert' },
    h('strong', null, 'No answer since ', time(model.link.since.toISOString())),
    model.overview ? ' · what you see is how it was then · trying again by itself' : ' · trying again by itself');
}

function vitals(overview, history) {
  const pace = keepingUp(overview, history);
  const latency = overview.latency;
  return [
    vital('In', rate(overview.in.perSecond), `${short(overview.in.total)} since start`, { id: 'in', series: history.in, full: overview.in.total }),
    vital('Out', rate(overview.out.perSecond), `${short(overview.out.total)} since start`, { id: 'out', series: history.out, full: overview.out.total }),
    vital('Lag', short(overview.lag), pace.words, { id: 'lag', series: history.lag, tone: pace.tone, full: overview.lag }),
    vital('Latency', latency ? [duration(latency.p99Seconds), h('small', null, ' p99')] : '–', latency ? `p50 ${duration(latency.p50Seconds)}` : 'no results lately', { id: 'latency', series: history.p99Seconds }),
    vital('Dropped', short(overview.dropped.total), reasons(overview.dropped), { id: 'dropped', tone: Number(overview.dropped.total) > 0 ? 'warn' : '', full: overview.dropped.total }),
    vital('Dead letters', short(overview.deadLettered), 'since start', { id: 'letters', tone: Number(overview.deadLettered) > 0 ? 'warn' : '', full: overview.deadLettered }),
    vital('Last commit', overview.lastCommitAgeSeconds === null ? '–' : `${duration(overview.lastCommitAgeSeconds)} ago`, `up ${duration(overview.uptimeSeconds)}`, { id: 'commit' }),
  ];
}

function vital(name, figure, below, { id, series, tone = '', full }) {
  return h('div', { class: `vital ${tone}`, key: id, id: `vital-${id}` },
    h('div', { class: 'label' }, name),
    h('div', { class: 'figure', title: full === undefined ? null : count(full) }, figure),
    h('div', { class: 'below' }, below),
    series && spark(series, { tone }));
}

function reasons(dropped) {
  const all = Object.entries(dropped.byReason ?? {}).filter(([, number]) => Number(number) > 0).sort((a, b) => Number(b[1]) - Number(a[1]));
  return all.length === 0 ? 'since start' : all.map(([reason, number]) => `${short(number)} ${reason.replaceAll('_', ' ')}`).join(', ');
}

// Whether it keeps up is a question of how long the lag would take, and of where it is going.
function keepingUp({ lag, in: into, now, startedAt }, history) {
  if (lag === null || lag === undefined) {
    return { words: 'not known yet', tone: '' };
  }
  const recent = (history.lag ?? []).slice(-60).filter(value => value !== null).map(Number);
  const seconds = Number(lag) / Math.max(1, into.perSecond ?? 0);
  if (seconds <= 2 || recent.length < 10) {
    return { words: Number(lag) === 0 ? 'nothing waits' : 'keeps up', tone: 'ok' };
  }
  const third = Math.ceil(recent.length / 3);
  const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length;
  const grown = mean(recent.slice(-third)) - mean(recent.slice(0, third));
  const perSecond = grown / (recent.length - third);
  if (perSecond < 0) {
    return { words: `catching up, ${duration(Number(lag) / -perSecond)} left`, tone: 'warn' };
  }
  return grown > Number(lag) * 0.05 ? { words: 'falling behind', tone: 'bad' } : { words: `${duration(seconds)} behind`, tone: 'warn' };
}

function problems(all, state) {
  const worst = ['error', 'warning', 'info'];
  const sorted = [...all].sort((a, b) => worst.indexOf(a.severity) - worst.indexOf(b.severity));
  if (sorted.length === 0) {
    return h('section', { class: 'problems none', key: 'problems', 'aria-label': 'Problems' }, tag('No problems', 'ok', '✓'));
  }
  const shown = state.showAll ? sorted : sorted.slice(0, shownAtFirst);
  return h('section', { class: 'problems', key: 'problems', 'aria-label': 'Problems' },
    shown.map(one => problem(one)),
    sorted.length > shownAtFirst && h('button', { type: 'button', class: 'more', 'aria-expanded': String(!!state.showAll), onclick: state.toggle },
      state.showAll ? 'Show the worst only' : `${plural(sorted.length - shownAtFirst, 'problem')} more`));
}

function problem({ severity, text, meaning, remedy, since, node, task }) {
  const [tone, sign, word] = severities[severity] ?? severities.info;
  return h('div', { class: `problem ${tone}`, key: `${severity} ${node} ${task} ${text.replace(/[\d,.]+/g, '')}` },
    h('span', { class: 'sign', role: 'img', 'aria-label': word }, sign),
    h('div', null,
      h('p', { class: 'text' }, h('strong', null, text), since && h('span', { class: 'quiet' }, ` · ${ago(since)}`),
        node && h('a', { href: address({ view: 'topology', item: node }) }, 'show in the topology'),
        task && h('a', { href: address({ view: 'tasks', item: task }) }, `task ${task}`)),
      h('p', { class: 'meaning' }, meaning, remedy && [' ', h('span', { class: 'remedy' }, remedy)])));
}
