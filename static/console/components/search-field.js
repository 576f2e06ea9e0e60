// A field for a search that is kept in the address: told once the typing rests.
import { html, useEffect, useRef, useState } from '../html.js';
import { useRested } from '../data.js';

/** @param {{ label: string, value: string, onChange(text: string): void }} props */
export function SearchField({ label, value, onChange, ...rest }) {
  const [typed, setTyped] = useState(value);
  const rested = useRested(typed, 350);
  const told = useRef(value);
  useEffect(() => {
    if (rested === told.current) return;
    told.current = rested;
    onChange(rested);
  }, [rested]);
  // Changed from elsewhere, as by the browser's buttons; what is being typed on comes back here late and must not undo it.
  useEffect(() => {
    if (value === told.current) return;
    told.current = value;
    setTyped(value);
  }, [value]);
  return html`<input class="input grow" type="search" aria-label=${label} placeholder=${label} value=${typed} onInput=${(event) => setTyped(event.currentTarget.value)} ...${rest} />`;
}
