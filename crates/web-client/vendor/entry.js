// The libraries that the web client uses, as one module without imports.

import { h } from 'preact';
import htm from 'htm';

export { Component, Fragment, createContext, createRef, h, render } from 'preact';
export {
  useCallback, useContext, useEffect, useId, useLayoutEffect, useMemo, useReducer, useRef, useState,
} from 'preact/hooks';
export {
  batch, computed, effect, signal, untracked, useComputed, useSignal, useSignalEffect,
} from '@preact/signals';

/** Writes elements as a template: html`<p class="note">${text}</p>`. */
export const html = htm.bind(h);
