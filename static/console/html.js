// The console's one door to its rendering library: templates with htm, components with Preact.
//
// A template's values become text or DOM properties, never markup, so whatever a user typed is shown as it is.
import { h } from '../vendor/preact.js';
import htm from '../vendor/htm.js';

export { Component, Fragment, createRef, render } from '../vendor/preact.js';
export {
  useCallback, useEffect, useErrorBoundary, useId, useLayoutEffect, useMemo, useReducer, useRef, useState,
} from '../vendor/preact-hooks.js';

export const html = htm.bind(h);
