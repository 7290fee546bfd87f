// The picture of a topology as a file that stands by itself.

const margin = 20;

/** The graph as the text of an SVG file, in the colours that the page has now. */
export async function picture(svg, { width, height }) {
  const copy = svg.cloneNode(true);
  const all = copy.querySelector('g.all');
  all.setAttribute('transform', `translate(${margin} ${margin})`);
  for (const part of copy.querySelectorAll('.dots, .reach, .hit')) {
    part.remove();
  }
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('viewBox', `0 0 ${width + 2 * margin} ${height + 2 * margin}`);
  copy.setAttribute('width', width + 2 * margin);
  copy.setAttribute('height', height + 2 * margin);
  copy.setAttribute('class', 'graph');
  const style = document.createElementNS('http://www.w3.org/2000/svg', 'style');
  style.textContent = `svg{${colours()}background:var(--paper);font-family:system-ui,sans-serif}\n${await (await fetch('assets/graph.css')).text()}`;
  copy.prepend(style);
  return new XMLSerializer().serializeToString(copy);
}

function colours() {
  const computed = getComputedStyle(document.documentElement);
  return ['paper', 'surface', 'ink', 'quiet', 'line', 'strong', 'accent', 'tint', 'ok', 'warn', 'bad', 'on']
    .map(name => `--${name}:${computed.getPropertyValue(`--${name}`)};`).join('');
}
