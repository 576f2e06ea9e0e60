// Checks which URLs of an answer may be opened or shown.

const OURS = /\/(images|videos)\/([\w-]{22})$/;

/**
 * Recognises a picture or video of this gateway by its path. The host may differ (`base_url`, a proxy, another name of the
 * machine), so the file is requested from this origin: the CSP allows no other, and a foreign id returns 404.
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

/** Parses an absolute http, https or mailto URL. @param {string} href @returns {URL | null} null for anything else */
export function webAddress(href) {
  try {
    const address = new URL(href);
    return ['http:', 'https:', 'mailto:'].includes(address.protocol) ? address : null;
  } catch {
    return null;
  }
}
