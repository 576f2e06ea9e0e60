// Takes files dropped anywhere on the screen.
import { html, useEffect, useState } from '../../html.js';
import { Icon } from '../../components/icon.js';
import { toast } from '../../components/toast.js';
import { texts } from '../../i18n.js';
import { hasFiles } from './add.js';
import { readFiles } from './sources.js';
import { text } from './text.js';

const t = texts(text);

/** Draws the zone while files are dragged. @param {{ take(files: { name: string, content: string }[]): void }} props */
export function DropZone({ take }) {
  const [isOver, setIsOver] = useState(false);
  useEffect(() => {
    // Every element fires dragenter and dragleave: the drag has left when the counts match.
    let depth = 0;
    const isOurs = (event) => hasFiles(event) && !document.querySelector('dialog[open]');
    const entered = (event) => {
      if (!isOurs(event)) return;
      event.preventDefault();
      depth += event.type === 'dragenter' ? 1 : 0;
      setIsOver(true);
    };
    const left = () => {
      depth = Math.max(0, depth - 1);
      if (depth === 0) setIsOver(false);
    };
    const dropped = (event) => {
      // Otherwise the browser would open the file and leave the console.
      if (hasFiles(event)) event.preventDefault();
      if (!isOurs(event)) return;
      depth = 0;
      setIsOver(false);
      readFiles(event.dataTransfer.files).then(take, toast.error);
    };
    const followed = { dragenter: entered, dragover: entered, dragleave: left, drop: dropped };
    for (const [name, listener] of Object.entries(followed)) addEventListener(name, listener);
    return () => { for (const [name, listener] of Object.entries(followed)) removeEventListener(name, listener); };
  }, [take]);
  return isOver && html`<div class="drop-zone" aria-hidden="true"><div><${Icon} name="upload" /><p class="empty-title">${t('dropHere')}</p><p class="hint">${t('dropHint')}</p></div></div>`;
}
