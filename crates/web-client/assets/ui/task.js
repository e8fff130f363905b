// Calls that a component makes: what they returned, that they run, or why they failed.

import { useCallback, useEffect, useRef, useState } from '../vendor.js';

/**
 * Runs a call at the start and whenever `inputs` change; an outdated answer is dropped.
 *
 * @param {(signal: AbortSignal) => Promise<any>} call
 * @param {any[]} inputs
 * @returns {{data: any, error: any, loading: boolean, retry: () => void}}
 */
export function useLoad(call, inputs) {
  const [state, setState] = useState({ data: undefined, error: undefined, loading: true });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    setState((before) => ({ ...before, error: undefined, loading: true }));
    call(controller.signal).then(
      (data) => !controller.signal.aborted && setState({ data, error: undefined, loading: false }),
      (error) => !controller.signal.aborted && setState((before) => ({ ...before, error, loading: false })),
    );
    return () => controller.abort();
  }, [...inputs, attempt]);
  return { ...state, retry: useCallback(() => setAttempt((count) => count + 1), []) };
}

/**
 * Returns a function that runs a call unless it already runs, whether it runs, and why it failed last.
 *
 * @param {(...args: any[]) => Promise<any>} call
 * @returns {{run: (...args: any[]) => Promise<boolean>, busy: boolean, error: any, reset: () => void}} `run` resolves to
 *   true where the call succeeded
 */
export function useTask(call) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(/** @type {any} */ (undefined));
  const running = useRef(false);
  const run = async (...args) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setError(undefined);
    try {
      await call(...args);
      return true;
    } catch (failure) {
      setError(failure);
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return { run, busy, error, reset: () => setError(undefined) };
}

/** Returns a value once it has not changed for a while. */
export function useSettled(value, milliseconds = 200) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}
