// Times and sizes as people read them.

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** A date with its time. @param {string} at */
export function time(at) {
  return moment.format(new Date(at));
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A number of bytes. @param {number} bytes */
export function size(bytes) {
  let unit = 0;
  let figure = bytes;
  while (figure >= 1024 && unit < UNITS.length - 1) {
    figure /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? figure : figure.toFixed(1)} ${UNITS[unit]}`;
}
