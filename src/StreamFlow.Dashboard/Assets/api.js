// The server's side: requests that say in words what went wrong, and the stream of one application's figures.

const root = 'api/v1/';
// The server sends at least each second. Somebody who sees nothing for so long is looking at an old picture.
const silenceMs = 8_000;
const retryMs = [500, 1_000, 2_000, 3_000];
const historyLength = 300;

/** What the server refused or could not do, in its words. */
export class Refusal extends Error {
  constructor(status, title, detail) {
    super(title);
    this.status = status;
    this.detail = detail;
  }
}

/** The path of a request, each part escaped: path('applications', id). */
export function path(...parts) {
  return parts.map(encodeURIComponent).join('/');
}

/** Reads from the API; query values that are null or empty are left out. */
export async function get(address, query = {}, signal = undefined) {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== ''));
  return await send(search.size ? `${address}?${search}` : address, { signal });
}

/** Asks the API to do something. */
export async function post(address, body) {
  return await send(address, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

async function send(address, options) {
  let response;
  try {
    response = await fetch(root + address, { cache: 'no-store', ...options });
  } catch (error) {
    if (error.name === 'AbortError') {
      throw error;
    }
    throw new Refusal(0, 'The application does not answer', 'It may have stopped, or the network is gone. This page tries again by itself.');
  }
  const text = await response.text();
  const body = parsed(text);
  if (!response.ok) {
    throw new Refusal(response.status, body?.title ?? `The server answered ${response.status}`, body?.detail ?? '');
  }
  return body;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Follows one application: model.{overview, figures, tasks, stores, history, topology} are what was heard last, and
 * model.link says whether it is heard now ('connecting', 'live' or 'lost', with since and why).
 */
export class Live {
  constructor(application, changed) {
    this.model = { application, link: { state: 'connecting', since: new Date() }, history: null };
    this.changed = changed;
    this.attempt = 0;
    this.turn = 0;
    this.waiting = null;
    this.whenSeen = () => document.hidden ? this.hang() : this.connect();
    document.addEventListener('visibilitychange', this.whenSeen);
    if (!document.hidden) {
      this.connect();
    }
  }

  close() {
    document.removeEventListener('visibilitychange', this.whenSeen);
    this.hang();
  }

  // A page that nobody sees is not sent to.
  hang() {
    clearTimeout(this.retry);
    clearTimeout(this.silence);
    this.stream?.close();
    this.stream = null;
    this.turn++;
  }

  connect() {
    this.hang();
    const stream = new EventSource(root + path('applications', this.model.application, 'live'));
    this.stream = stream;
    stream.addEventListener('snapshot', event => this.begin(JSON.parse(event.data)));
    stream.addEventListener('delta', event => this.heard(JSON.parse(event.data)));
    stream.onerror = () => this.lost();
    this.listen();
  }

  listen() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.lost(), silenceMs);
  }

  // The stream's word holds at once. What does not come with it is read beside it: the application may be another one than before.
  async begin(snapshot) {
    const model = this.model;
    const turn = ++this.turn;
    const application = path('applications', model.application);
    const late = AbortSignal.timeout(silenceMs);
    this.waiting = [];
    model.link = { state: 'live', since: new Date() };
    this.heard(snapshot);
    let topology, history;
    try {
      [topology, history] = await Promise.all([get(`${application}/topology`, {}, late), get(`${application}/history`, {}, late)]);
    } catch {
      if (this.turn === turn) {
        this.lost();
      }
      return;
    }
    if (this.turn === turn) {
      this.attempt = 0;
      if (JSON.stringify(topology) !== JSON.stringify(model.topology)) {
        model.topology = topology;
      }
      this.remember(history);
      this.changed(null);
    }
  }

  heard({ point, ...parts }) {
    this.listen();
    Object.assign(this.model, parts);
    if (point && this.waiting) {
      this.waiting.push({ at: this.model.overview?.now, point });
    } else if (point) {
      append(this.model.history, point);
    }
    this.model.heardAt = Date.now();
    this.changed(Object.keys(parts));
  }

  // A point is told just after the second that it ends, so one that the history has already is less than half a second past its end.
  remember(history) {
    const known = new Date(history.end ?? 0).getTime() + 500 * history.intervalSeconds;
    for (const { point } of this.waiting.filter(one => Date.parse(one.at) > known)) {
      append(history, point);
    }
    this.model.history = history;
    this.waiting = null;
  }

  lost() {
    this.hang();
    if (this.model.link.state !== 'lost') {
      this.model.link = { state: 'lost', since: new Date(this.model.heardAt ?? Date.now()) };
    }
    this.retry = setTimeout(() => this.connect(), retryMs[Math.min(this.attempt++, retryMs.length - 1)]);
    this.changed([]);
  }
}

function append(history, point) {
  for (const [name, series] of Object.entries(history)) {
    if (Array.isArray(series)) {
      series.push(point[name] ?? null);
      series.splice(0, series.length - historyLength);
    }
  }
}
