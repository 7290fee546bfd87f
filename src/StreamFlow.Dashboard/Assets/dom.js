// Elements as descriptions: h() describes, render() brings the document in line with what is described and touches only
// what differs, so that focus, selection and scroll positions live through an update each second. Text is always a text
// node and attributes are always set one by one: nothing that a record holds can become markup.

const SVG = 'http://www.w3.org/2000/svg';
const properties = new Set(['value', 'checked', 'disabled', 'open', 'indeterminate']);

/** Describes an element. Children may be nested arrays; null, undefined and false are left out. */
export function h(tag, props, ...children) {
  return { tag, props: props ?? {}, key: props?.key ?? null, children: flat(children) };
}

/** Makes the children of the host what is described. */
export function render(host, ...children) {
  patchChildren(host, flat(children));
}

function flat(children) {
  const described = [];
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === '') {
      continue;
    }
    described.push(typeof child === 'object' ? child : String(child));
  }
  return described;
}

function patchChildren(host, described) {
  const keyed = new Map();
  const free = [];
  for (const node of host.childNodes) {
    if (node.described?.key != null) {
      keyed.set(node.described.key, node);
    } else {
      free.push(node);
    }
  }
  let next = host.firstChild;
  for (const child of described) {
    const old = typeof child === 'object' && child.key !== null
      ? take(keyed, child)
      : takeFirst(free, child);
    const node = old ?? create(child, host);
    if (typeof child === 'string') {
      if (node.nodeValue !== child) {
        node.nodeValue = child;
      }
    } else {
      patch(node, child);
    }
    if (node === next) {
      next = next.nextSibling;
    } else {
      host.insertBefore(node, next);
    }
  }
  while (next) {
    const after = next.nextSibling;
    next.remove();
    next = after;
  }
}

function take(keyed, child) {
  const node = keyed.get(child.key);
  keyed.delete(child.key);
  return node?.described.tag === child.tag ? node : null;
}

function takeFirst(free, child) {
  const at = free.findIndex(node => typeof child === 'string'
    ? node.nodeType === Node.TEXT_NODE
    : node.described?.tag === child.tag);
  return at < 0 ? null : free.splice(at, 1)[0];
}

function create(child, host) {
  if (typeof child === 'string') {
    return document.createTextNode(child);
  }
  const node = child.tag === 'svg' || (host.namespaceURI === SVG && host.localName !== 'foreignObject')
    ? document.createElementNS(SVG, child.tag)
    : document.createElement(child.tag);
  node.described = { tag: child.tag, props: {}, key: child.key };
  return node;
}

function patch(node, child) {
  const before = node.described.props;
  node.described = child;
  for (const name of Object.keys(before)) {
    if (!(name in child.props)) {
      setProperty(node, name, null, before[name]);
    }
  }
  patchChildren(node, child.children);
  for (const [name, value] of Object.entries(child.props)) {
    if (value !== before[name] || name === 'style') {
      setProperty(node, name, value, before[name]);
    }
  }
}

function setProperty(node, name, value, before) {
  if (name === 'key') {
    return;
  }
  if (name === 'ref') {
    // Told once, when all that is described stands in the document.
    if (value && !before) {
      queueMicrotask(() => value(node));
    }
  } else if (name.startsWith('on')) {
    node[name] = value;
  } else if (name === 'style') {
    for (const [property, text] of Object.entries(value ?? {})) {
      if (before?.[property] !== text) {
        node.style.setProperty(property, text);
      }
    }
  } else if (properties.has(name)) {
    node[name] = value ?? (name === 'value' ? '' : false);
  } else if (value === null || value === undefined || value === false) {
    node.removeAttribute(name);
  } else {
    node.setAttribute(name, value === true ? '' : value);
  }
}
