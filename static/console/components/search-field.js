// A search field whose text is kept in the URL: it reports the text when typing pauses.
import { html, useEffect, useRef, useState } from '../html.js';
import { useDebounced } from '../data.js';

/** Draws the field. @param {{ label: string, value: string, onChange(text: string): void }} props */
export function SearchField({ label, value, onChange, ...rest }) {
  const [typed, setTyped] = useState(value);
  const settled = useDebounced(typed, 350);
  const reported = useRef(value);
  useEffect(() => {
    if (settled === reported.current) return;
    reported.current = settled;
    onChange(settled);
  }, [settled]);
  // The URL changed elsewhere, for example by Back. A value that this field reported itself must not undo newer typing.
  useEffect(() => {
    if (value === reported.current) return;
    reported.current = value;
    setTyped(value);
  }, [value]);
  return html`<input class="input grow" type="search" aria-label=${label} placeholder=${label} value=${typed} onInput=${(event) => setTyped(event.currentTarget.value)} ...${rest} />`;
}
