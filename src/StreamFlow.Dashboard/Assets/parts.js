// What several views are made of: tables, notices, values of records.

import { h } from './dom.js';
import { clock, iso, plural } from './format.js';

/** A table in a box that scrolls by itself. Columns: {name, cell(row), end: numbers at the end of the cell, wide}. */
export function table(caption, columns, rows, { key, selected, empty, onrow } = {}) {
  if (rows.length === 0) {
    return h('p', { class: 'empty' }, empty ?? 'Nothing here.');
  }
  return h('div', { class: 'scroll', role: 'region', 'aria-label': caption, tabindex: 0 },
    h('table', null,
      h('caption', { class: 'unseen' }, caption),
      h('thead', null, h('tr', null, columns.map(column =>
        h('th', { scope: 'col', class: column.end ? 'end' : null, title: column.hint }, column.name)))),
      h('tbody', null, rows.map((row, at) => h('tr', {
        key: key ? key(row) : at, class: selected?.(row) ? 'selected' : onrow ? 'active' : null, onclick: onrow ? event => clicked(event, row, onrow) : null,
      }, columns.map(column => h(column.head ? 'th' : 'td', {
        scope: column.head ? 'row' : null, class: [column.end && 'end', column.wide && 'wide'].filter(Boolean).join(' ') || null,
      }, column.cell(row))))))));
}

// A click on a row is one on its link, unless it was on something of its own or ends a selection of text.
function clicked(event, row, onrow) {
  if (!event.target.closest('a, button, input, summary') && !String(getSelection())) {
    onrow(row);
  }
}

/** What stands where there is nothing to see, or nothing yet. */
export function notice(title, text, tone = '') {
  return h('div', { class: `notice ${tone}`, role: tone === 'bad' ? 'alert' : null }, h('strong', null, title), text && h('p', null, text));
}

/** What the server refused, in its words. */
export function refusal(error) {
  return notice(error.message, error.detail, 'bad');
}

/** Shown while something is read for the first time; it stays unseen for a moment, as most answers are quick. */
export function loading(what) {
  return h('div', { class: 'notice loading', 'aria-busy': 'true' }, `Reading ${what} …`);
}

/** A time of day; the whole instant is its title. */
export function time(instant) {
  return instant ? h('time', { datetime: instant, title: iso(instant) }, clock(instant)) : '–';
}

/** A word with a sign before it, so that colour is not the only one. */
export function tag(word, tone, sign) {
  return h('span', { class: `tag ${tone}` }, h('span', { class: 'sign', 'aria-hidden': 'true' }, sign), word);
}

/** A name and a value in a list of them. */
export function facts(...pairs) {
  return h('dl', { class: 'facts' }, pairs.filter(pair => pair && pair[1] !== null && pair[1] !== undefined)
    .map(([name, value]) => h('div', { key: name }, h('dt', null, name), h('dd', null, value))));
}

/** A value in one line, as short as the place is. */
export function inline(text) {
  if (isNull(text)) {
    return h('span', { class: 'null' }, 'null');
  }
  return h('code', { class: 'inline', title: text.type ?? null }, text.text === '' ? '(empty)' : text.text ?? text.hex, text.cut && h('span', { class: 'cut' }, ' … cut'));
}

const forms = [['text', 'Text'], ['json', 'JSON'], ['hex', 'Hex']];

/** A value in full, as text, JSON or hex; chosen is the form, choose is called with another. */
export function value(label, text, chosen, choose) {
  if (isNull(text)) {
    return h('div', { class: 'value' }, h('span', { class: 'label' }, label), h('span', { class: 'null' }, 'null'));
  }
  const there = forms.filter(([form]) => text[form] !== null && text[form] !== undefined);
  const form = there.some(([one]) => one === chosen) ? chosen : there[0][0];
  return h('div', { class: 'value' },
    h('div', { class: 'row' }, h('span', { class: 'label' }, label), text.type && h('span', { class: 'quiet' }, text.type),
      h('div', { class: 'choice', role: 'group', 'aria-label': `Form of the ${label.toLowerCase()}` }, there.map(([one, name]) =>
        h('button', { type: 'button', key: one, 'aria-pressed': String(form === one), onclick: () => choose(one) }, name))),
      h('span', { class: 'quiet' }, [text.bytes !== null && plural(text.bytes, 'byte'), text.cut && 'cut'].filter(Boolean).join(', '))),
    h('pre', { tabindex: 0, 'aria-label': label }, shown(text, form)));
}

/** Whether there is no key or value: a tombstone, or what has no key. */
export function isNull(text) {
  return !text || (text.text === null && !text.hex);
}

function shown(text, form) {
  if (form === 'hex') {
    return (text.hex.match(/.{1,32}/g) ?? [''])
      .map((line, at) => `${(at * 16).toString(16).padStart(4, '0')}  ${line.match(/../g).join(' ')}`).join('\n');
  }
  return form === 'json' ? indented(text.json) : text.text;
}

/**
 * JSON with a line for each member, its numbers as they are written: read as the browser's, 9007199254740993 were another. What is
 * not JSON, as it was cut, stays as it is.
 */
export function indented(json) {
  if (!isJson(json)) {
    return json;
  }
  const tokens = json.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g);
  let text = '';
  let depth = 0;
  const line = () => `\n${'  '.repeat(depth)}`;
  tokens.forEach((token, at) => {
    const before = tokens[at - 1];
    const closes = token === '}' || token === ']';
    depth -= closes ? 1 : 0;
    text += closes ? (opens(before) ? '' : line()) : opens(before) || before === ',' ? line() : '';
    text += token === ':' ? ': ' : token[0] === '"' ? JSON.stringify(JSON.parse(token)) : token;
    depth += opens(token) ? 1 : 0;
  });
  return text;
}

function opens(token) {
  return token === '{' || token === '[';
}

/** Whether a text is JSON. */
export function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Offers a text as a file. */
export function download(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Copies a text, and says so to everybody. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    announce('Copied');
  } catch {
    announce('The browser does not let this page copy');
  }
}

/** Says something to screen readers, and shows it for a moment. */
export function announce(text) {
  const place = document.getElementById('announce');
  place.textContent = text;
  place.classList.add('shown');
  clearTimeout(announce.timer);
  announce.timer = setTimeout(() => place.classList.remove('shown'), 2_500);
}
