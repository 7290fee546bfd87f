// The page: one application is followed, one view is shown, and both are drawn again when something was heard.

import { h, render } from './dom.js';
import { get, Live } from './api.js';
import { header, views } from './header.js';
import { addressesOf, current, go } from './route.js';
import { loading, notice, refusal } from './parts.js';
import * as topology from './topology.js';
import * as tasks from './tasks.js';
import * as stores from './stores.js';
import * as letters from './letters.js';
import * as broker from './broker.js';
import * as settings from './settings.js';

const modules = { topology, tasks, stores, letters, broker, settings };
const again = 2_000;
const place = { header: document.getElementById('header'), main: document.getElementById('main') };
const state = { applications: [], hasBroker: false, model: null, route: current(), showAll: false, toggle, choose };
let live = null;
let view = null;

// The address after the '#' is the view's, so the link past the header has to be followed by hand.
document.querySelector('.skip').onclick = event => {
  event.preventDefault();
  place.main.focus();
};
await begin();

async function begin() {
  render(place.main, loading('the applications'));
  try {
    Object.assign(state, await get('applications'));
  } catch (error) {
    render(place.main, refusal(error));
    setTimeout(begin, again);
    return;
  }
  if (state.applications.length === 0) {
    draw();
    render(place.main, notice('No application yet', 'AddStreamFlow() registers one with this host; it shows here as soon as it is there.'));
    setTimeout(begin, again);
    return;
  }
  addEventListener('hashchange', routed);
  addEventListener('keydown', pressed);
  follow();
}

// Follows the application that the address names, or the first.
function follow() {
  const { app } = state.route;
  const known = state.applications.some(one => one.id === app);
  const id = known ? app : state.applications[0].id;
  if (live?.model.application === id) {
    return;
  }
  addressesOf(state.applications.length > 1 ? id : null);
  live?.close();
  view?.close?.();
  view = null;
  live = new Live(id, changed);
  state.model = live.model;
  changed([]);
}

function choose(id) {
  addressesOf(id);
  go({ view: state.route.view });
}

function toggle() {
  state.showAll = !state.showAll;
  draw();
}

function routed() {
  const before = state.route.view;
  state.route = current();
  follow();
  if (state.route.view !== before) {
    view?.close?.();
    view = null;
    place.main.scrollTop = 0;
  }
  changed([]);
}

// Draws what depends on the parts that were heard anew; null is all of them.
function changed(parts) {
  draw();
  const { model, route } = state;
  const lost = model.link.state === 'lost';
  document.body.classList.toggle('stale', lost);
  if (view === null) {
    if (!model.overview || !model.topology) {
      render(place.main, lost ? notice('The application does not answer', 'This page tries again by itself.', 'bad') : loading('the application'));
      return;
    }
    render(place.main);
    const name = views.some(([one]) => one === route.view) ? route.view : 'topology';
    place.main.className = `view ${name}`;
    view = modules[name].open(place.main, state);
  }
  view.update(parts);
}

function draw() {
  render(place.header, header(state));
  const { model, route } = state;
  const lag = model?.overview?.lag;
  document.title = model
    ? `${model.link.state === 'lost' ? '✕ ' : ''}${model.application} · ${(views.find(([one]) => one === route.view) ?? views[0])[1]}${lag ? ` · lag ${lag}` : ''}`
    : 'StreamFlow';
}

function pressed(event) {
  const typing = event.target.closest('input, textarea, select');
  if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = place.main.querySelector('input[type=search]');
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  } else if (event.key === 'Escape') {
    view?.escape?.(event);
  }
}
