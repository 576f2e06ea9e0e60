// Which addresses of an answer may be opened or shown, and how.

const OURS = /\/(images|videos)\/([\w-]{22})$/;

/**
 * A picture or video of this gateway. Whatever host stands before it (`base_url`, a proxy, another name of this machine), it is asked for
 * here: the page may show nothing from elsewhere, and an id that is not ours is just not found.
 * @param {string} href
 * @returns {{ kind: 'image' | 'video', id: string, url: string } | null}
 */
export function ownMedia(href) {
  const address = webAddress(href);
  const found = address && address.protocol !== 'mailto:' && OURS.exec(address.pathname);
  if (!found) return null;
  const [, folder, id] = found;
  return { kind: folder === 'images' ? 'image' : 'video', id, url: `/${folder}/${id}` };
}

/** @param {string} href @returns {URL | null} null for what is no whole http, https or mailto address */
export function webAddress(href) {
  try {
    const address = new URL(href);
    return ['http:', 'https:', 'mailto:'].includes(address.protocol) ? address : null;
  } catch {
    return null;
  }
}
