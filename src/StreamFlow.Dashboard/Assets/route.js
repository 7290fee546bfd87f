// What is looked at is in the address, after the '#': #/stores/counts?query=key&key=books. It lives through a reload and can
// be sent to somebody. The application is in it where there are several.

let application = null;

/** Names the application that addresses are of; null where there is only one. */
export function addressesOf(id) {
  application = id;
}

/** The address of {view, item, query}. */
export function address({ view, item = null, query = {} }) {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== ''));
  if (application !== null) {
    search.set('app', application);
  }
  return `#/${view}${item === null ? '' : `/${encodeURIComponent(item)}`}${search.size ? `?${search}` : ''}`;
}

/** What the address in the window says: {view, item, query, app}. */
export function current() {
  const [, way, search] = /^#?\/?([^?]*)\??(.*)$/s.exec(location.hash);
  const [view, ...rest] = way.split('/');
  const { app = null, ...query } = Object.fromEntries(new URLSearchParams(search));
  return { view: view || 'topology', item: rest.length ? decoded(rest.join('/')) : null, query, app };
}

/** Goes there; with replace the address before is forgotten. */
export function go(to, replace = false) {
  const hash = address(to);
  if (hash !== location.hash) {
    if (replace) {
      history.replaceState(null, '', hash);
      dispatchEvent(new HashChangeEvent('hashchange'));
    } else {
      location.hash = hash;
    }
  }
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
