// Dead letters: what was set aside and why, and how it is sent again.

import { h, render } from './dom.js';
import { get, path, post } from './api.js';
import { bars, meter } from './chart.js';
import { count, plural } from './format.js';
import { address, go } from './route.js';
import { inline, loading, refusal, table, time, value } from './parts.js';

const everyMs = 5_000;
const progressMs = 700;

export function open(host, state) {
  return new Letters(host, state);
}

class Letters {
  constructor(host, state) {
    Object.assign(this, { host, state, answer: null, asked: null, pages: [], chosen: new Set(), form: 'text', question: null, replay: null, reads: 0, isOpen: true });
  }

  get base() {
    return path('applications', this.state.model.application, 'deadletters');
  }

  update() {
    const { reason, operator, page } = this.state.route.query;
    const asked = JSON.stringify([reason, operator, page]);
    if (asked !== this.asked) {
      this.asked = asked;
      this.chosen.clear();
      this.read();
    }
    this.draw();
  }

  close() {
    clearTimeout(this.timer);
    clearTimeout(this.watch);
    this.isOpen = false;
  }

  escape() {
    if (this.state.route.item !== null) {
      go({ view: 'letters', query: this.filter() });
    }
  }

  filter() {
    const { reason, operator, page } = this.state.route.query;
    return { reason, operator, page };
  }

  async read() {
    clearTimeout(this.timer);
    const { asked } = this;
    const turn = ++this.reads;
    let { answer } = this;
    try {
      answer = document.hidden ? answer : await get(this.base, { limit: 50, ...this.filter() });
    } catch (error) {
      answer = error;
    }
    if (this.isOpen && this.reads === turn) {
      this.answer = answer;
      this.answered = asked;
      this.draw();
      this.timer = setTimeout(() => this.read(), everyMs);
    }
  }

  // What was asked for is answered later, and the view may be closed by then: its place is another view's now.
  draw() {
    if (!this.isOpen) {
      return;
    }
    const { answer } = this;
    render(this.host, answer === null ? loading('the dead letters')
      : answer instanceof Error ? refusal(answer)
        : answer.topic === null ? nowhere()
          : [this.summary(answer), this.answered === this.asked ? this.list(answer) : loading('the letters'), this.asking()]);
  }

  summary({ topic, total, byReason, byOperator, timeline }) {
    const { reason, operator } = this.state.route.query;
    return h('section', { key: 'summary' },
      h('div', { class: 'head' }, h('h2', null, plural(total, 'dead letter')), h('span', { class: 'quiet' }, 'in ', this.state.hasBroker ? h('a', { href: address({ view: 'broker', item: topic }) }, topic) : topic)),
      Number(total) > 0 && h('div', { class: 'columns' },
        h('div', { class: 'card' }, h('h3', null, 'By reason'), this.counts(byReason, reason, one => ({ reason: one, operator }))),
        h('div', { class: 'card' }, h('h3', null, 'By operator'), this.counts(byOperator, operator, one => ({ reason, operator: one }))),
        h('div', { class: 'card' }, h('h3', null, 'Over time'), bars(timeline, 'Dead letters over time'),
          timeline.length > 0 && h('div', { class: 'row quiet' }, time(timeline[0].at), h('span', { class: 'space' }), time(timeline.at(-1).at)))));
  }

  counts(all, chosen, filter) {
    const top = Math.max(1, ...Object.values(all).map(Number));
    return h('ul', { class: 'counts' }, Object.entries(all).sort((a, b) => Number(b[1]) - Number(a[1])).map(([name, number]) => h('li', { key: name },
      h('a', { href: address({ view: 'letters', query: filter(name === chosen ? null : name) }), 'aria-current': name === chosen ? 'true' : null }, name),
      meter(Number(number) / top, 'warn'), h('b', null, count(number)))));
  }

  list(answer) {
    const { route, actionsAllowed } = this.state;
    const { letters } = answer;
    const filtered = [route.query.reason, route.query.operator].filter(Boolean);
    return h('section', { key: 'list' },
      h('div', { class: 'head' },
        h('h2', null, 'Letters'), h('span', { class: 'quiet', role: 'status' }, filtered.length ? `of ${filtered.join(', ')}` : ''),
        filtered.length > 0 && h('a', { href: address({ view: 'letters' }) }, 'show all'), h('span', { class: 'space' }),
        actionsAllowed ? this.actions(answer, filtered) : h('span', { class: 'quiet' }, 'Sending again is not allowed here: AllowActions = true in the options of the page lets it.'),
        h('button', { type: 'button', onclick: () => this.turn(this.pages.pop()), disabled: this.pages.length === 0 }, 'Back'),
        h('button', { type: 'button', onclick: () => { this.pages.push(route.query.page ?? ''); this.turn(answer.nextPage); }, disabled: !answer.nextPage }, 'More')),
      this.progress(),
      table('Dead letters', [
        actionsAllowed && { name: h('span', { class: 'unseen' }, 'Choose'), cell: letter => h('input', { type: 'checkbox', 'aria-label': `Choose ${letter.id}`, checked: this.chosen.has(letter.id), onchange: event => this.choose(letter.id, event.target.checked) }) },
        { name: 'At', head: true, cell: letter => time(letter.at) },
        { name: 'Reason', cell: letter => letter.reason },
        { name: 'Operator', cell: letter => h('a', { href: address({ view: 'topology', item: letter.operator }) }, letter.operator) },
        { name: 'Key', cell: letter => inline(letter.key) },
        { name: 'From', cell: letter => letter.source ? `${letter.source.topic}-${letter.source.partition} @ ${letter.source.offset}` : '–' },
        { name: 'Exception', wide: true, cell: letter => letter.exception?.message ?? '–' },
        { name: h('span', { class: 'unseen' }, 'Open'), cell: letter => this.link(letter) },
      ].filter(Boolean), letters, {
        key: letter => letter.id, selected: letter => letter.id === route.item, empty: filtered.length ? 'None of these.' : 'Nothing has been set aside. Records that cannot be read, processed or written come here.',
        onrow: letter => go({ view: 'letters', item: letter.id === route.item ? null : letter.id, query: this.filter() }),
      }),
      this.detail(letters.find(letter => letter.id === route.item)));
  }

  link(letter) {
    const isOpen = letter.id === this.state.route.item;
    return h('a', { href: address({ view: 'letters', item: isOpen ? null : letter.id, query: this.filter() }), 'aria-expanded': String(isOpen) }, isOpen ? 'close' : 'open');
  }

  detail(letter) {
    const choose = form => { this.form = form; this.draw(); };
    return letter && h('div', { class: 'card detail', role: 'region', 'aria-label': `Letter ${letter.id}` },
      h('div', { class: 'head' }, h('h2', null, `Letter ${letter.id}`), h('span', { class: 'quiet' }, letter.reason)),
      letter.exception && h('p', { class: 'remark bad' }, h('strong', null, letter.exception.type), ' ', letter.exception.message),
      h('div', { class: 'columns values' },
        h('div', null, value('Key', letter.key, this.form, choose), value('Value', letter.value, this.form, choose)),
        h('div', null, h('h3', null, 'Headers'), table('Headers of the letter', [
          { name: 'Name', head: true, cell: header => header.name }, { name: 'Value', wide: true, cell: header => h('code', { class: 'inline', title: header.hex }, header.text ?? header.hex) },
        ], letter.headers, { empty: 'None.' }))));
  }

  turn(page) {
    go({ view: 'letters', query: { ...this.filter(), page } });
  }

  choose(id, on) {
    this.chosen[on ? 'add' : 'delete'](id);
    this.draw();
  }

  actions({ total, letters }, filtered) {
    const busy = this.replay !== null && !this.replay.finished;
    const { reason, operator } = this.state.route.query;
    const ask = (text, body) => { this.question = { text, body }; this.draw(); };
    return [
      h('button', { type: 'button', disabled: busy || this.chosen.size === 0, onclick: () => ask(`Send ${plural(this.chosen.size, 'letter')} again?`, { ids: [...this.chosen] }) }, `Replay chosen (${this.chosen.size})`),
      h('button', { type: 'button', disabled: busy || letters.length === 0, onclick: () => ask(filtered.length ? `Send all letters of ${filtered.join(', ')} again?` : `Send all ${plural(total, 'letter')} again?`, { reason: reason ?? null, operator: operator ?? null }) },
        filtered.length ? 'Replay all of these' : 'Replay all'),
    ];
  }

  // Asked once, in a dialog that the keyboard begins in.
  asking() {
    return this.question && h('dialog', {
      key: 'ask', 'aria-labelledby': 'ask', ref: dialog => dialog.showModal(), onclose: () => { this.question = null; this.draw(); },
    },
      h('h2', { id: 'ask' }, this.question.text),
      h('p', null, 'Each record is written to the topic it came from, and is processed there like any other. What it did before it failed, it may do again.'),
      h('div', { class: 'row' }, h('span', { class: 'space' }),
        h('button', { type: 'button', onclick: event => event.target.closest('dialog').close() }, 'Cancel'),
        h('button', { type: 'button', class: 'primary', onclick: event => { this.start(this.question.body); event.target.closest('dialog').close(); } }, 'Send again')));
  }

  async start(body) {
    this.replay = { done: 0, failed: 0, total: null, finished: false, error: null };
    try {
      const { id } = await post(`${this.base}/replays`, body);
      this.chosen.clear();
      await this.follow(id);
    } catch (error) {
      this.refused(error);
    }
  }

  async follow(id) {
    if (!this.isOpen) {
      return;
    }
    this.replay = await get(`${this.base}/${path('replays', id)}`);
    this.draw();
    if (this.isOpen && this.replay.finished) {
      await this.read();
    } else if (this.isOpen) {
      this.watch = setTimeout(() => this.follow(id).catch(error => this.refused(error)), progressMs);
    }
  }

  refused(error) {
    this.replay = { finished: true, refused: error };
    this.draw();
  }

  progress() {
    const { replay } = this;
    if (replay === null || replay.refused) {
      return replay && refusal(replay.refused);
    }
    const done = Number(replay.done) + Number(replay.failed);
    return h('div', { class: 'row progress', role: 'status' },
      meter(replay.finished ? 1 : done / Math.max(1, Number(replay.total ?? 1)), Number(replay.failed) > 0 ? 'warn' : ''),
      h('span', null, `${count(replay.done)} of ${count(replay.total)} sent again${Number(replay.failed) > 0 ? `, ${count(replay.failed)} failed` : ''}${replay.finished ? '' : ' …'}`),
      replay.error && h('span', { class: 'bad' }, replay.error));
  }
}

function nowhere() {
  return h('p', { class: 'empty' }, 'This application sets nothing aside. With a dead letter topic, records that cannot be read, processed or written go there and show here, and the rest goes on.');
}
