// Numbers and sizes as people read them.

const number = new Intl.NumberFormat();

/** A number with what it counts, such as "1 room" or "1,200 rooms". @param {number} count @param {string} one @param {string} [many] */
export function counted(count, one, many = `${one}s`) {
  return `${number.format(count)} ${count === 1 ? one : many}`;
}

/** @param {number} bytes */
export function fileSize(bytes) {
  if (bytes < 1000) return counted(bytes, 'byte');
  for (const unit of ['kB', 'MB', 'GB']) {
    bytes /= 1000;
    if (bytes < 999.5) return `${bytes < 10 ? bytes.toFixed(1) : Math.round(bytes)} ${unit}`;
  }
  return `${number.format(Math.round(bytes))} GB`;
}
