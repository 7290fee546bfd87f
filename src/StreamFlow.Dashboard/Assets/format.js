// Numbers as people read them. Longs that do not fit a double come as strings, and are written digit by digit.

const steps = [[1e18, 'E'], [1e15, 'P'], [1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']];
const none = '–';

/** A whole number with its thousands separated: 1,203. */
export function count(value) {
  if (value === null || value === undefined) {
    return none;
  }
  return typeof value === 'string' ? BigInt(value).toLocaleString('en-US') : Math.round(value).toLocaleString('en-US');
}

/** A number where room is short: exact below ten thousand, then three digits and a unit. */
export function short(value) {
  if (value === null || value === undefined) {
    return none;
  }
  const number = Number(value);
  return Math.abs(number) < 1e4 ? count(number) : three(number);
}

/** A rate with three significant digits: 1.23 M/s. */
export function rate(perSecond) {
  return perSecond === null || perSecond === undefined ? none : `${three(perSecond)}/s`;
}

function three(number) {
  for (const [size, unit] of steps) {
    // What would be rounded up to four digits belongs to the next unit.
    if (Math.abs(number) >= size * 0.9995) {
      return `${digits(number / size)} ${unit}`;
    }
  }
  return number === 0 ? '0' : Math.abs(number) < 0.005 ? '< 0.01' : digits(number);
}

function digits(number) {
  const size = Math.abs(number);
  return number.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2).replace(/^(-?\d+)\.0+$/, '$1');
}

/** A length of time as one or two units: 12 ms, 2.3 s, 4 min, 3 h 12 min. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) {
    return none;
  }
  if (seconds < 0.9995) {
    const ms = seconds * 1000;
    return `${ms === 0 || ms >= 9.95 ? Math.round(ms) : ms.toFixed(1)} ms`;
  }
  if (seconds < 59.95) {
    return `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  }
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) {
    return `${minutes} min`;
  }
  return minutes < 48 * 60 ? two(minutes, 60, 'h', 'min') : two(Math.round(minutes / 60), 24, 'd', 'h');
}

function two(small, per, unit, smallUnit) {
  const rest = small % per;
  return `${Math.floor(small / per)} ${unit}${rest ? ` ${rest} ${smallUnit}` : ''}`;
}

/** A size in powers of 1,024: 117 MiB. */
export function bytes(size) {
  if (size === null || size === undefined) {
    return none;
  }
  let number = Number(size);
  let unit = 'B';
  for (const larger of ['KiB', 'MiB', 'GiB', 'TiB']) {
    if (Math.abs(number) < 1023.5) {
      break;
    }
    number /= 1024;
    unit = larger;
  }
  return `${unit === 'B' ? count(number) : digits(number)} ${unit}`;
}

/** A share of one: 97.3 %. */
export function percent(share) {
  return share === null || share === undefined ? none : `${digits(share * 100)} %`;
}

/** The time of day of an instant, with the day where it is not today's. */
export function clock(instant) {
  if (instant === null || instant === undefined) {
    return none;
  }
  const at = instant instanceof Date ? instant : new Date(instant);
  const day = isoDay(at);
  return (day === isoDay(new Date()) ? '' : `${day} `) + at.toTimeString().slice(0, 8);
}

/** An instant in ISO 8601 with the offset of where the reader is. */
export function iso(instant) {
  if (instant === null || instant === undefined) {
    return none;
  }
  const at = new Date(instant);
  const offset = -at.getTimezoneOffset();
  const size = Math.abs(offset);
  const zone = `${offset < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
  const ms = at.getMilliseconds() ? `.${String(at.getMilliseconds()).padStart(3, '0')}` : '';
  return `${isoDay(at)}T${at.toTimeString().slice(0, 8)}${ms}${zone}`;
}

/** How long ago an instant was. */
export function ago(instant, now = Date.now()) {
  return instant ? `${duration(Math.max(0, (now - new Date(instant).getTime()) / 1000))} ago` : none;
}

/** One and many: plural(1, 'record') is "1 record". */
export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${Number(number) === 1 ? one : many}`;
}

function isoDay(at) {
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
}

function pad(number) {
  return String(number).padStart(2, '0');
}
