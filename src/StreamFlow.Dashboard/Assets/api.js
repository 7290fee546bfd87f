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

  // What does not come with the stream is read when it begins: the application may be another one than before.
  async begin(snapshot) {
    this.listen();
    this.attempt = 0;
    const model = this.model;
    const stream = this.stream;
    const application = path('applications', model.application);
    try {
      const [topology, history] = await Promise.all([get(`${application}/topology`), get(`${application}/history`)]);
      if (this.stream !== stream) {
        return;
      }
      if (JSON.stringify(topology) !== JSON.stringify(model.topology)) {
        model.topology = topology;
      }
      model.history = history;
    } catch {
      if (this.stream === stream) {
        this.lost();
      }
      return;
    }
    model.link = { state: 'live', since: new Date() };
    this.heard(snapshot, true);
  }

  heard(message, first = false) {
    if (!first && this.model.link.state !== 'live') {
      return;
    }
    this.listen();
    const { point, ...parts } = message;
    Object.assign(this.model, parts);
    if (point && this.model.history) {
      for (const [name, series] of Object.entries(this.model.history)) {
        if (Array.isArray(series)) {
          series.push(point[name] ?? null);
          series.splice(0, series.length - historyLength);
        }
      }
    }
    this.model.heardAt = Date.now();
    this.changed(first ? null : Object.keys(parts));
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
