// Takes files that are dropped.

/**
 * Returns the attributes of an element on which files can be dropped.
 *
 * @param {import('./composing.js').Composing} composing
 * @param {(dropping: boolean) => void} setDropping
 */
export function dropTarget(composing, setDropping) {
  const hasFiles = (event) => event.dataTransfer?.types.includes('Files');
  return {
    onDragOver: (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
      setDropping(true);
    },
    onDragLeave: (event) => {
      if (!event.currentTarget.contains(event.relatedTarget)) setDropping(false);
    },
    onDrop: (event) => {
      setDropping(false);
      if (!hasFiles(event)) return;
      event.preventDefault();
      composing.attach(event.dataTransfer.files);
    },
  };
}
