// The only module that imports the rendering library: templates with htm, components with Preact.
//
// Template values become text or DOM properties, never markup, so user input cannot inject HTML.
import { h } from '../vendor/preact.js';
import htm from '../vendor/htm.js';

export { Component, Fragment, createRef, render } from '../vendor/preact.js';
export {
  useCallback, useEffect, useErrorBoundary, useId, useLayoutEffect, useMemo, useReducer, useRef, useState,
} from '../vendor/preact-hooks.js';

export const html = htm.bind(h);
