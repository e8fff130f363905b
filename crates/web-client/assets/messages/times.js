// Formats times in the language of the browser.

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });
const longDay = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const longDayOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });
const shortDay = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const DAY_MS = 86_400_000;

/** @param {string} time */
export function timeOfDay(time) {
  return clock.format(new Date(time));
}

/** @param {string} time */
export function fullTime(time) {
  return full.format(new Date(time));
}

/** @param {Date} date @param {Date} [now] */
export function dayName(date, now = new Date()) {
  const days = Math.round((startOfDay(now) - startOfDay(date)) / DAY_MS);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return (date.getFullYear() === now.getFullYear() ? longDay : longDayOfYear).format(date);
}

/** Shows the time of today, else the day: for lists where a line is short. @param {string} time @param {Date} [now] */
export function shortTime(time, now = new Date()) {
  const date = new Date(time);
  return startOfDay(date) === startOfDay(now) ? clock.format(date)
    : date.getFullYear() === now.getFullYear() ? shortDay.format(date) : longDayOfYear.format(date);
}

/** @param {Date} date */
function startOfDay(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** @param {number} bytes */
export function fileSize(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  for (const unit of ['kB', 'MB', 'GB']) {
    bytes /= 1000;
    if (bytes < 999.5) return `${bytes < 10 ? bytes.toFixed(1) : Math.round(bytes)} ${unit}`;
  }
  return `${Math.round(bytes)} GB`;
}
